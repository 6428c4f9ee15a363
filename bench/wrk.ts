import type { Lifetime } from './lifetime.ts';
import { runProcess } from './processes.ts';
import type { Server } from './servers.ts';

/** The result of one run of wrk. Latencies are in milliseconds. */
export type LoadSample = { requests: number; requestsPerSecond: number; p50: number; p99: number };

export type Load = {
  /** A script in this folder. The comment at its top lists its arguments. */
  script: 'get.lua' | 'post.lua' | 'put.lua' | 'file-flow.lua';
  files: string[];
  connections: number;
  /** Headers of every request. */
  headers?: Record<string, string>;
  /** How long each connection waits on average before each request (ms); by default not at all. */
  pauseMilliseconds?: number;
  /** Whether each connection has its own thread, for sequences of requests. Otherwise all share one. */
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
 * Puts a load on a server for a number of seconds. wrk uses one thread if possible, since more would compete with the
 * server for the cores of a small machine.
 *
 * @throws if any request failed, since the rate would mean nothing (wrk counts statuses from 400 on; callers check one
 *   complete response beforehand)
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
  const environment = { PAUSE: String(load.pauseMilliseconds ?? 0) };
  const { stdout } = await runProcess(lifetime, command, seconds + graceSeconds, environment);
  const line = stdout.split('\n').find((candidate) => candidate.startsWith('result '));
  if (line === undefined) throw new Error(`wrk printed no result:\n${stdout}`);
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
