import type { Lifetime } from './lifetime.ts';
import { runProcess } from './processes.ts';
import type { Server } from './servers.ts';

/** What one run of wrk tells. Latencies are milliseconds. */
export type LoadSample = { requests: number; requestsPerSecond: number; p50: number; p99: number };

export type Load = {
  /** A script of this folder; its head says which files it wants. */
  script: 'get.lua' | 'post.lua' | 'put.lua' | 'file-flow.lua';
  files: string[];
  connections: number;
  /** Headers of every request. */
  headers?: Record<string, string>;
  /** Where each connection does one thing after another: a thread for each. Else one thread for all. */
  threadEach?: boolean;
};

type Report = {
  requests: number;
  duration: number;
  p50: number;
  p99: number;
  badStatus: number;
  broken: number;
  timeouts: number;
};

const answerSeconds = 10;
const graceSeconds = 30;

/**
 * Puts a load on a server for some whole seconds. wrk has one thread where it can: with more, it would fight the
 * server for the cores of a small machine.
 *
 * @throws When a single request was answered with an error, cut off, or not answered: the rate of failing
 *   requests is no rate. (wrk counts a status from 400 on; callers check one answer in full beforehand.)
 */
export async function putLoad(
  lifetime: Lifetime,
  server: Server,
  load: Load,
  seconds: number,
): Promise<LoadSample> {
  const threads = load.threadEach ? load.connections : 1;
  const size = ['-t', String(threads), '-c', String(load.connections), '-d', `${seconds}s`];
  const script = ['--timeout', `${answerSeconds}s`, '-s', `bench/${load.script}`];
  const headers = Object.entries(load.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const command = ['wrk', ...size, ...headers, ...script, server.url, '--', ...load.files];
  const { stdout } = await runProcess(lifetime, command, seconds + graceSeconds);
  const line = stdout.split('\n').find((candidate) => candidate.startsWith('result '));
  if (line === undefined) throw new Error(`wrk did not tell its result:\n${stdout}`);
  const report = JSON.parse(line.slice('result '.length)) as Report;
  if (report.requests === 0 || report.badStatus + report.broken + report.timeouts > 0)
    throw new Error(`${server.name} failed requests under ${load.script}: ${JSON.stringify(report)}`);
  return {
    requests: report.requests,
    requestsPerSecond: report.requests / (report.duration / 1e6),
    p50: report.p50 / 1000,
    p99: report.p99 / 1000,
  };
}
