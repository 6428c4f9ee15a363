import type { Lifetime } from './lifetime.ts';
import { runProcess } from './processes.ts';

const limitSeconds = 300;

/** Uploads a file as a person would, with `curl -T`. @returns The seconds that curl says it took. */
export async function upload(lifetime: Lifetime, file: string, url: string): Promise<number> {
  const told = '%{http_code} %{time_total}';
  const quiet = ['--silent', '--show-error', '--fail', '--output', '/dev/null', '--write-out', told];
  const limit = ['--max-time', String(limitSeconds)];
  // A proxy of the environment would stand between curl and the loopback.
  const command = ['curl', ...quiet, ...limit, '--noproxy', '*', '-T', file, url];
  const { stdout } = await runProcess(lifetime, command, limitSeconds);
  const [status, seconds] = stdout.trim().split(' ').map(Number);
  if (status !== 201 || seconds === undefined) throw new Error(`${url} answered an upload with ${stdout}`);
  return seconds;
}
