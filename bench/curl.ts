import type { Lifetime } from './lifetime.ts';
import { runProcess } from './processes.ts';

type Call = {
  /** A bearer token. */
  token?: string;
};
type Download = Call & {
  /** The bytes per second that curl reads; by default without limit. */
  bytesPerSecond?: number;
};

const limitSeconds = 300;

/** Uploads a file with `curl -T`. @returns the seconds that curl reports */
export async function upload(
  lifetime: Lifetime,
  file: string,
  url: string,
  { token }: Call = {},
): Promise<number> {
  const { status, seconds } = await runCurl(lifetime, url, ['-T', file, ...shown(token)]);
  if (status !== 201) throw new Error(`${url} answered an upload with ${status}`);
  return seconds;
}

/**
 * Reads `size` bytes and discards them.
 *
 * @returns the seconds that curl reports
 * @throws if there are more or fewer bytes
 */
export async function download(
  lifetime: Lifetime,
  url: string,
  size: number,
  { token, bytesPerSecond }: Download = {},
): Promise<number> {
  const rate = bytesPerSecond === undefined ? [] : ['--limit-rate', String(bytesPerSecond)];
  const { status, seconds, read } = await runCurl(lifetime, url, [...rate, ...shown(token)]);
  if (status !== 200 || read !== size) throw new Error(`${url} answered with ${status} and ${read} bytes`);
  return seconds;
}

function shown(token: string | undefined): string[] {
  return token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`];
}

async function runCurl(
  lifetime: Lifetime,
  url: string,
  more: string[],
): Promise<{ status: number; seconds: number; read: number }> {
  const writeOut = '%{http_code} %{time_total} %{size_download}';
  const quiet = ['--silent', '--show-error', '--fail', '--output', '/dev/null', '--write-out', writeOut];
  const limit = ['--max-time', String(limitSeconds)];
  // Proxy settings in the environment must not affect calls to the loopback.
  const command = ['curl', ...quiet, ...limit, '--noproxy', '*', ...more, url];
  const { stdout } = await runProcess(lifetime, command, limitSeconds);
  const [status = 0, seconds = 0, read = 0] = stdout.trim().split(' ').map(Number);
  return { status, seconds, read };
}
