import { readFileSync, writeFileSync } from 'node:fs';

/** The resident memory of a process, in MiB, now or at its highest since the last reset. */
export function readResidentMemory(pid: number, kind: 'now' | 'peak'): number {
  const field = kind === 'now' ? 'VmRSS' : 'VmHWM';
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no ${field} of process ${pid}`);
  return Number(kibibytes) / 1024;
}

/** Makes the peak of a process start again from what it uses now (proc(5), `clear_refs`). */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
