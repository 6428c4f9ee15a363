import { spawnSync } from 'node:child_process';
import type { Unit } from './unit.ts';

/** The names of the system calls that a unit permits, by its `SystemCallFilter` and the sets of `systemd-analyze`. */
export function permittedSystemCalls(unit: Unit, systemdAnalyze: string): Set<string> {
  const { stdout } = spawnSync(systemdAnalyze, ['--no-pager', 'syscall-filter'], { encoding: 'utf8' });
  const sets = new Map(
    [...stdout.matchAll(/^(@\S+)\n((?: +.*\n)+)/gm)].map(([, name = '', lines = '']) => {
      const words = lines.split('\n').map((line) => line.trim());
      return [name, words.filter((word) => word !== '' && !word.startsWith('#'))];
    }),
  );
  const expanded = (name: string): string[] =>
    name.startsWith('@') ? (sets.get(name) ?? []).flatMap(expanded) : [name];
  const permitted = new Set<string>();
  for (const line of unit.all('SystemCallFilter')) {
    const isRefused = line.startsWith('~');
    for (const call of line.replace('~', '').split(' ').flatMap(expanded))
      if (isRefused) permitted.delete(call);
      else permitted.add(call);
  }
  return permitted;
}

/** The system calls of a program, from the log of `strace -f`, since the program was executed. */
export function systemCallsOf(program: string, log: string): string[] {
  const start = log.indexOf(`execve("${program}"`);
  return [...new Set([...log.slice(start).matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = '']) => name))];
}
