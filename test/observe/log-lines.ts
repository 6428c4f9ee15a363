import type { MayflyProcess } from '../support/mayfly-process.ts';

/** The lines of the log of a server. */
export function logLines({ logs }: Pick<MayflyProcess, 'logs'>): Record<string, unknown>[] {
  return logs()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
