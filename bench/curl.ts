import type { Lifetime } from './lifetime.ts';
import { runProcess } from './processes.ts';

type Call = {
  /** The bearer token of an API that wants one. */
  token?: string;
};
type Download = Call & {
  /** How many bytes a second curl reads; as fast as it can where that is not told. */
  bytesPerSecond?: number;
};

const limitSeconds = 300;

/** Uploads a file as a person would, with `curl -T`. @returns The seconds that curl says it took. */
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
 * Reads `size` bytes and lets go of them.
 *
 * @returns The seconds that curl says it took.
 * @throws Where there were more or fewer.
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
  const told = '%{http_code} %{time_total} %{size_download}';
  const quiet = ['--silent', '--show-error', '--fail', '--output', '/dev/null', '--write-out', told];
  const limit = ['--max-time', String(limitSeconds)];
  // A proxy of the environment would stand between curl and the loopback.
  const command = ['curl', ...quiet, ...limit, '--noproxy', '*', ...more, url];
  const { stdout } = await runProcess(lifetime, command, limitSeconds);
  const [status = 0, seconds = 0, read = 0] = stdout.trim().split(' ').map(Number);
  return { status, seconds, read };
}
