import { readFileSync } from 'node:fs';

/** A system call that succeeded. Times are milliseconds since the epoch. */
export type TracedCall = {
  kind: 'sync' | 'rename';
  /** The synced file; for a rename, the new name. */
  path: string;
  startedAt: number;
  endedAt: number;
};

/** A command that runs a program and writes a trace, from which `readTrace` returns its syncs and renames. */
export function tracer(strace: string, file: string): string[] {
  // With a filter in the kernel, only these calls are traced, and the load is not slowed down.
  const calls = 'trace=fsync,fdatasync,/^rename';
  return [strace, '-f', '--seccomp-bpf', '-y', '-s', '4096', '-ttt', '-T', '-e', calls, '-o', file];
}

/** The calls in the order of their ends. Call it after the traced program has ended. */
export function readTrace(file: string): TracedCall[] {
  const begun = new Map<string, { text: string; startedAt: number }>();
  const calls: TracedCall[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    // Thread, time, and the call: in one line, or in two if calls of other threads came in between.
    const [, thread = '', seconds = '', rest = ''] = /^(\d+)\s+(\d+\.\d+) (.*)$/.exec(line) ?? [];
    const time = Number(seconds) * 1000;
    const firstHalf = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1];
    if (firstHalf !== undefined) {
      begun.set(thread, { text: firstHalf, startedAt: time });
      continue;
    }
    const secondHalf = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const earlier = secondHalf === undefined ? undefined : begun.get(thread);
    const text = earlier ? `${earlier.text}${secondHalf}` : rest;
    const startedAt = earlier?.startedAt ?? time;
    const call = readCall(text);
    if (call) calls.push({ ...call, startedAt, endedAt: startedAt + durationOf(text) });
  }
  return calls.sort((a, b) => a.endedAt - b.endedAt);
}

function readCall(text: string): Pick<TracedCall, 'kind' | 'path'> | undefined {
  const synced = /^f(?:data)?sync\(\d+<([^>]*)>\)\s+= 0 /.exec(text)?.[1];
  if (synced !== undefined) return { kind: 'sync', path: synced };
  const renamed = /^rename\w*\(.*"([^"]+)"(?:, \w+)?\)\s+= 0 /.exec(text)?.[1];
  return renamed === undefined ? undefined : { kind: 'rename', path: renamed };
}

function durationOf(text: string): number {
  return Number(/<(\d+\.\d+)>$/.exec(text)?.[1] ?? 0) * 1000;
}
