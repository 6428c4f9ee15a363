import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readConfig, SettingError } from '../../../config/index.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { variablesIn } from '../../shared/env-file.ts';
import { replaceFile } from '../../shared/replace-file.ts';
import type { Environment } from '../run.ts';
import { type Answers, placeholder, storeValues, valuesFor } from './answers.ts';
import { environmentFile, isPlain } from './environment-file.ts';
import {
  caddyConfiguration,
  haproxyConfiguration,
  nginxConfiguration,
  type Proxied,
} from './proxy-configurations.ts';
import { addressProblem, answersOf, type GivenAnswers } from './questions.ts';

export type InitOptions = GivenAnswers & {
  /** The folder of the written files. */
  output: string;
  dataDir: string;
  port: number;
  certificate?: string;
  certificateKey?: string;
  force?: boolean;
};

const proxyFiles = {
  nginx: { name: 'mayfly.nginx.conf', configure: nginxConfiguration },
  caddy: { name: 'Caddyfile', configure: caddyConfiguration },
  haproxy: { name: 'mayfly.haproxy.cfg', configure: haproxyConfiguration },
};

/** The environment file of the service of the Debian package. */
const serviceFile = '/etc/mayfly/mayfly.env';

const heading = `The settings of Mayfly, written by mayfly init. Give them to the server and to commands:
mayfly: --env-file FILE. Docker: --env-file FILE. systemd: EnvironmentFile=FILE.
docs/settings.md has all settings. Keep this file private: it has the secret of the server.`;

/** `init`: asks for what no default can give, and writes an environment file and the configuration of a proxy. */
export async function init(environment: Environment, options: InitOptions): Promise<number> {
  const problem = options.publicUrl === undefined ? undefined : addressProblem(options.publicUrl);
  if (problem !== undefined) throw new CommandFailure(`--public-url: ${problem}`, exitCodes.wrongCall);
  const answers = await answersOf(options);
  try {
    return await write(environment, options, answers);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    throw new CommandFailure(`${path} cannot be used (${code}): let this user write it, or use --output`);
  }
}

/** Writes the files that differ from the present ones, and prints what to do next. */
async function write(environment: Environment, options: InitOptions, answers: Answers): Promise<number> {
  const publicUrl = answers.publicUrl.replace(/\/+$/, '');
  const file = join(options.output, 'mayfly.env');
  const before = variablesIn((await textOf(file)) ?? '', file);
  const known = Object.fromEntries(
    Object.keys(storeValues).map((name) => [name, environment[name] || before[name]]),
  );
  const random = () => randomBytes(32).toString('base64url');
  const details = {
    dataDirectory: resolve(options.dataDir),
    port: options.port,
    // A new secret would invalidate the signatures of the old one.
    secret: before.SECRET || random(),
    metricsToken: before.METRICS_TOKEN || random(),
  };
  const values = valuesFor({ ...answers, publicUrl }, details, known);
  requireUsable(values);
  const files = [{ path: file, text: environmentFile(heading, values), isPrivate: true }];
  if (answers.proxy !== 'none') {
    const { name, configure } = proxyFiles[answers.proxy];
    const text = configure(proxiedBy(answers, options));
    files.push({ path: join(options.output, name), text, isPrivate: false });
  }
  const changed = [];
  for (const each of files) if ((await textOf(each.path)) !== each.text) changed.push(each);
  await refuseExisting(changed, options.force === true);
  await mkdir(options.output, { recursive: true });
  for (const each of changed) await replace(each);
  for (const { path } of files)
    console.log(`${changed.some((each) => each.path === path) ? 'Wrote' : 'Kept '} ${path}`);
  console.log(`\nNext:\n${nextSteps(answers, values, files.at(-1)?.path ?? file, file).join('\n')}`);
  return exitCodes.done;
}

function proxiedBy(
  { publicUrl, proxy }: Answers,
  { port, certificate, certificateKey }: InitOptions,
): Proxied {
  for (const path of [certificate, certificateKey])
    if (path !== undefined && !/^[^\s"'`#$\\;{}]+$/.test(path))
      throw new CommandFailure(
        '--certificate and --certificate-key must not have spaces, quotes, or one of # $ \\ ` ; { }, which proxies do not take as they are',
        exitCodes.wrongCall,
      );
  const url = new URL(publicUrl);
  const folder = `/etc/letsencrypt/live/${url.hostname}`;
  return {
    publicUrl: url,
    port,
    certificate:
      certificate ??
      (proxy === 'haproxy' ? `/etc/haproxy/certs/${url.hostname}.pem` : `${folder}/fullchain.pem`),
    certificateKey: certificateKey ?? `${folder}/privkey.pem`,
  };
}

/** @throws CommandFailure if a server would not start with the values */
function requireUsable(values: Record<string, string>): void {
  const wrong = Object.keys(values).find((name) => !isPlain(values[name] ?? ''));
  if (wrong !== undefined)
    throw new CommandFailure(
      `${wrong} must not have spaces, quotes, or one of # $ \\ \`, which not every reader of the file takes as they are`,
      exitCodes.wrongCall,
    );
  try {
    readConfig(values);
  } catch (error) {
    if (error instanceof SettingError) throw new CommandFailure(error.message, exitCodes.wrongCall);
    throw error;
  }
}

/** @throws CommandFailure that names the files that would be replaced */
async function refuseExisting(changed: { path: string }[], force: boolean): Promise<void> {
  const existing: string[] = [];
  for (const { path } of changed) if ((await textOf(path)) !== undefined) existing.push(path);
  if (existing.length > 0 && !force)
    throw new CommandFailure(
      `${existing.join(' and ')} would change; --force replaces the file, and keeps the old one as ${existing[0]}.old`,
      exitCodes.refused,
    );
}

/**
 * Replaces a file, and keeps the one before as a copy, so that there is a complete file at any moment. Both have the
 * owner and the permissions of the one before: a service may read it by its group.
 */
async function replace({ path, text, isPrivate }: { path: string; text: string; isPrivate: boolean }) {
  const before = await textOf(path);
  if (before === undefined) return replaceFile(path, text, isPrivate ? 0o600 : 0o644);
  const { uid, gid, mode } = await stat(path);
  const kept = mode & (isPrivate ? 0o770 : 0o777);
  await replaceFile(`${path}.old`, before, kept, { uid, gid });
  await replaceFile(path, text, kept, { uid, gid });
}

/** The text of a file; undefined if it does not exist. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function nextSteps(
  { proxy, data, create, publicUrl }: Answers,
  values: Record<string, string>,
  proxyFile: string,
  file: string,
): string[] {
  const unknown = Object.keys(values).filter((name) => values[name]?.includes(placeholder));
  const install: Record<Answers['proxy'], string | undefined> = {
    nginx: `copy ${proxyFile} to /etc/nginx/conf.d/mayfly.conf, then: nginx -t && systemctl reload nginx`,
    caddy: `add ${proxyFile} to /etc/caddy/Caddyfile, then: systemctl reload caddy`,
    haproxy: `append ${proxyFile} to /etc/haproxy/haproxy.cfg, then: systemctl reload haproxy`,
    none: publicUrl.startsWith('https:')
      ? 'let a proxy serve https:// for Mayfly, and set TRUSTED_PROXIES to its address'
      : undefined,
  };
  const isService = resolve(file) === serviceFile;
  // Commands for a server run as its user.
  const mayfly = isService ? 'runuser -u mayfly -- mayfly' : 'mayfly';
  const steps = [
    unknown.length > 0 ? `replace ${placeholder} in ${unknown.join(', ')}` : undefined,
    data !== 'disk' ? `let pages upload to S3: ${mayfly} cors --env-file ${file}` : undefined,
    `start: ${isService ? 'systemctl restart mayfly' : `mayfly serve --env-file ${file}`}`,
    install[proxy],
    create === 'keys'
      ? `create a key: ${mayfly} keys create --kind payload --account NAME --env-file ${file}`
      : undefined,
    `check: ${mayfly} doctor --env-file ${file}`,
  ];
  return steps.filter((step) => step !== undefined).map((step, index) => `${index + 1}. ${step}`);
}
