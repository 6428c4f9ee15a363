import { readFileSync } from 'node:fs';

/** A system call that succeeded. Times are milliseconds since the epoch. */
export type TracedCall = {
  kind: 'sync' | 'rename';
  /** What was synced; for a rename, the new name. */
  path: string;
  startedAt: number;
  endedAt: number;
};

/** What to run a program under, so that `readTrace` of the same file tells its syncs and renames. */
export function tracer(strace: string, file: string): string[] {
  // With a filter in the kernel only these calls are stopped at, and the load stays a load.
  const calls = 'trace=fsync,fdatasync,/^rename';
  return [strace, '-f', '--seccomp-bpf', '-y', '-s', '4096', '-ttt', '-T', '-e', calls, '-o', file];
}

/** The calls in the order in which they ended. To be read when the traced program has ended. */
export function readTrace(file: string): TracedCall[] {
  const begun = new Map<string, { text: string; startedAt: number }>();
  const calls: TracedCall[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    // Thread, time, and the call: whole, or in two halves where other threads' calls came between.
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
