import { Unhealthy } from '../../../core/ports/probe.ts';

/** Remembers that SQLite has found the file damaged, until the process ends: damage does not go by itself. */
export class Damage {
  #error: Error | undefined;

  /** Remembers an error that reports damage. */
  note(error: unknown): void {
    if (isDamage(error)) this.#error ??= error;
  }

  /** @throws Unhealthy where damage was found */
  require(): void {
    if (this.#error)
      throw new Unhealthy(
        'damaged',
        'The database file is damaged: mayfly check lists the damage',
        this.#error,
      );
  }
}

/** Whether SQLite says that its file is damaged, or no database (SQLITE_CORRUPT and its kinds, SQLITE_NOTADB). */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code));
}
