import { type Finding, findingsOf } from '../../shared/finding.ts';
import { findAddress } from './address.ts';
import { checkBodySize, checkUploadStreaming, largestBody } from './bodies.ts';
import { checkCertificate } from './certificate.ts';
import { checkForgedAddress, checkSeenAddress } from './client-address.ts';
import { rawRequest, type Target } from './raw-request.ts';
import { checkAnswer, checkClock, checkMetrics, checkPublicUrl, checkReadiness } from './server.ts';
import { checkStorage } from './storage.ts';

/** The default of `MAX_ANONYMOUS_SIZE` (bytes). */
const defaultSize = 512 * 1024 ** 2;

/**
 * Checks a server from outside, by what it reveals to everyone. Each finding is yielded as soon as it is known; a check
 * that the others need ends them if it fails.
 *
 * @param url The URL of the server, without a trailing slash.
 * @param ownUrl Where the server itself listens, if it is on this machine.
 */
export async function* examineFromOutside(
  url: string,
  signal: AbortSignal,
  ownUrl?: string,
): AsyncGenerator<Finding> {
  let own: Target | undefined;
  if (ownUrl !== undefined && ownUrl !== url) {
    const found = await findProcess(new URL(ownUrl), signal);
    yield { ...found.finding, check: 'process' };
    own = found.own;
  }
  const parsed = new URL(url);
  const { finding, address } = await findAddress(parsed, signal);
  yield ownUrl === url ? { ...finding, check: 'process' } : finding;
  if (address === undefined) return;
  const target: Target = { url: parsed, address, signal };
  yield checkCertificate(target);
  const { finding: answer, described } = await checkAnswer(target);
  yield answer;
  if (described === undefined) return;
  yield checkPublicUrl(target, described);
  yield checkClock(described);
  yield* await guarded(target, 'readiness', () => checkReadiness(target));
  const { software } = described;
  // Both wait for a proxy, so they run at the same time.
  const streaming = guarded(target, 'uploads', () => checkUploadStreaming(target, software));
  // It may fail before its turn.
  streaming.catch(() => undefined);
  yield* await guarded(target, 'body size', async () =>
    checkBodySize(target, await largestPayload(target), software),
  );
  yield* await streaming;
  if (own !== undefined) {
    const direct = own;
    yield* await guarded(target, 'client address', () => checkSeenAddress(target, direct));
  }
  yield* await guarded(target, 'forged address', () => checkForgedAddress(target));
  yield* await guarded(target, 'metrics', () => checkMetrics(target));
  yield* await guarded(target, 'S3', () => checkStorage(target));
}

/** Finds the server where it listens itself. Another program may have its port, and the proxy another server. */
async function findProcess(url: URL, signal: AbortSignal): Promise<{ finding: Finding; own?: Target }> {
  const { finding, address } = await findAddress(url, signal);
  if (address === undefined) return { finding };
  const own = { url, address, signal };
  const { finding: answer, described } = await checkAnswer(own);
  return described === undefined ? { finding: answer } : { finding, own };
}

/** A check whose connection fails is a problem of its own, and the next ones go on. */
async function guarded(
  { signal }: Target,
  check: string,
  work: () => Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    return [findingsOf(check).problem(`the connection failed (${code ?? message}): try again`)];
  }
}

/** The largest payload of one request, as the server describes it, within what is tried (bytes). */
async function largestPayload(target: Target): Promise<number> {
  const { body } = await rawRequest(target, { path: '/llms.txt' });
  const [, count, unit = ''] = /^- Maximum size: ([\d.]+) ?([KMGT]i)?B/m.exec(body) ?? [];
  const power = ['', 'Ki', 'Mi', 'Gi', 'Ti'].indexOf(unit);
  const size = count === undefined ? defaultSize : Math.floor(Number(count) * 1024 ** power);
  return Math.min(size || defaultSize, largestBody);
}
