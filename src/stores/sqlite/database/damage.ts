import { errorCode } from '../../../core/failure.ts';
import { Unhealthy } from '../../../core/ports/probe.ts';

/** Records that SQLite found the file damaged, until the process ends: damage does not heal. */
export class Damage {
  #error: Error | undefined;

  /** Records an error if it reports damage. */
  note(error: unknown): void {
    if (isDamage(error)) this.#error ??= error;
  }

  /** @throws Unhealthy if the file is damaged */
  require(): void {
    if (this.#error)
      throw new Unhealthy(
        'damaged',
        'The database file is damaged: mayfly check lists the damage',
        this.#error,
      );
  }
}

/** Whether an error of SQLite reports a damaged file or one that is no database (SQLITE_CORRUPT, SQLITE_NOTADB). */
export function isDamage(error: unknown): error is Error {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(errorCode(error) ?? '');
}
