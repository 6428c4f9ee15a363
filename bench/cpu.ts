import { readFileSync } from 'node:fs';

/** µs of one tick of the kernel's accounting (USER_HZ is 100 on Linux). */
const tick = 10_000;

type Times = { own: number; ofEnded: number };

/** The processor time of a process with all its threads (µs). */
export function cpuOf(pid: number): number {
  return timesOf(pid).own * tick;
}

/** The processor time of a process and its children, those that have ended too (µs). */
export function cpuOfTree(pid: number): number {
  const { own, ofEnded } = timesOf(pid);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const running = children === '' ? [] : children.split(' ').map(Number);
  return (own + ofEnded) * tick + running.reduce((sum, child) => sum + cpuOfChild(child), 0);
}

function cpuOfChild(pid: number): number {
  try {
    return cpuOf(pid);
  } catch (error) {
    // It has ended since it was listed: its parent has its time at the next look.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return 0;
    throw error;
  }
}

/** The times of /proc/PID/stat: the name of the program, in parentheses, may contain spaces. */
function timesOf(pid: number): Times {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (field: number) => Number(fields[field - 3]);
  return { own: at(14) + at(15), ofEnded: at(16) + at(17) };
}
