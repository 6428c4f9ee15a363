import { readFileSync, writeFileSync } from 'node:fs';
import { settleDisk } from './disk.ts';
import type { Finding, Target } from './finding.ts';
import type { Lifetime } from './lifetime.ts';

/** Resident memory of a process, in MiB. */
export type MemorySample = { idle: number; peak: number; above: number };

const restMilliseconds = 2000;

/** Waits until a process is idle, then measures how far its memory rises during `work`. */
export async function measurePeak(
  lifetime: Lifetime,
  pid: number,
  work: () => Promise<void>,
): Promise<MemorySample> {
  await settleDisk(lifetime);
  await Bun.sleep(restMilliseconds);
  const idle = readResidentMemory(pid, 'now');
  resetPeak(pid);
  await work();
  const peak = readResidentMemory(pid, 'peak');
  return { idle, peak, above: peak - idle };
}

/** The worst round counts, not the median: the limit must always hold. */
export function findPeak(work: string, target: Target, samples: MemorySample[]): Finding {
  const worst = samples.toSorted((a, b) => b.above - a.above)[0];
  if (worst === undefined) throw new Error(`${work}: not measured`);
  return {
    work: `peak memory above idle, ${work}`,
    measured: describeMemory(worst),
    value: worst.above,
    target,
    samples: { rounds: samples },
  };
}

export function describeMemory({ idle, peak }: MemorySample): string {
  return `idle ${idle.toFixed(0)} MiB, peak ${peak.toFixed(0)} MiB`;
}

/** The resident memory of a process in MiB: the current one, or the peak since the last reset. */
export function readResidentMemory(pid: number, kind: 'now' | 'peak'): number {
  const field = kind === 'now' ? 'VmRSS' : 'VmHWM';
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no ${field} of process ${pid}`);
  return Number(kibibytes) / 1024;
}

/** Resets the peak of a process to its current memory (proc(5), `clear_refs`). */
function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
