import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import type { Services } from '../../composition/index.ts';
import { Failure } from '../../core/failure.ts';
import type { RemovalTarget, Removed } from '../../core/operation/removals.ts';

/** The characters of a payload's id in the log: enough to find the payload, too few to read it. */
const loggedIdLength = 8;

/**
 * `remove URL…`: removes the content at these URLs, with or without a running server. Reports each failure and
 * continues with the next URL.
 */
export async function remove(
  services: Services,
  urls: string[],
  { block = false }: { block?: boolean },
): Promise<number> {
  let code = 0;
  for (const url of urls) {
    try {
      const target = targetOf(url, services.config);
      logRemoval(services, target, await services.removals.remove(target, block));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.error(`mayfly: ${url}: ${error.message}`);
      code = 1;
    }
  }
  return code;
}

/** `blocks list`: the SHA-256 of blocked content, one per line. */
export async function listBlocks({ blocks }: Services): Promise<number> {
  for (const { hash } of await blocks.list()) console.log(Buffer.from(hash).toString('hex'));
  return 0;
}

/** `blocks remove SHA256…`: accepts the content again. */
export async function removeBlocks({ blocks }: Services, hashes: string[]): Promise<number> {
  let code = 0;
  for (const hash of hashes) {
    if (/^[0-9a-f]{64}$/i.test(hash) && (await blocks.unblock(Buffer.from(hash, 'hex')))) continue;
    console.error(`mayfly: ${hash} is not blocked: mayfly blocks list shows what is`);
    code = 1;
  }
  return code;
}

/**
 * Resolves a URL of this server or its CDN, with any host, or only the path of one.
 *
 * @throws Failure `invalid`
 */
function targetOf(url: string, { publicUrl, cdnUrl }: Services['config']): RemovalTarget {
  const path = pathOf(url, [publicUrl, cdnUrl]);
  const payload = /^\/(?:p|raw|api\/v1\/payloads)\/([^/]+)\/?$/.exec(path)?.[1];
  if (payload !== undefined) return { kind: 'payload', id: payload };
  const file = /^\/f\/(.+)$/.exec(path)?.[1];
  if (file !== undefined) return { kind: 'file', key: decoded(file) };
  const [, bucket, key] =
    /^\/v1\/buckets\/([^/]+)\/objects\/(.+)$/.exec(path) ?? /^\/signed\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (bucket !== undefined && key !== undefined) return { kind: 'object', bucket, key: decoded(key) };
  throw new Failure('invalid', 'This is not the URL of a payload, a file or an object');
}

function pathOf(url: string, bases: (string | undefined)[]): string {
  const base = bases.find((known) => known !== undefined && url.startsWith(`${known}/`));
  const path = base === undefined ? url.replace(/^https?:\/\/[^/]*/i, '') : url.slice(base.length);
  const [publicUrl] = bases;
  const basePath = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');
  const isBelow = basePath !== '' && path.startsWith(`${basePath}/`);
  return (isBelow ? path.slice(basePath.length) : path).replace(/[?#].*$/s, '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Logs who removed what. No log has the full id of a payload. */
function logRemoval({ log: { log } }: Services, target: RemovalTarget, { size, digest }: Removed): void {
  const what =
    target.kind === 'payload' ? { ...target, id: `${target.id.slice(0, loggedIdLength)}…` } : target;
  log.info(
    {
      event: digest ? 'content_blocked' : 'content_removed',
      by: systemUser(),
      ...what,
      bytes: size,
      ...(digest && { sha256: Buffer.from(digest).toString('hex') }),
    },
    'removed',
  );
}

/** The user that runs the command. On Bun (1.4.5) `userInfo().username` is only `$USER`, or "unknown". */
function systemUser(): string {
  const { stdout } = spawnSync('id', ['-un'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return stdout?.trim() || `uid ${userInfo().uid}`;
}
