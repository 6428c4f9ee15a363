import { errorCode, noRoom, storeAway } from '../../../core/failure.ts';

/**
 * A transaction that met another one and must be run again. Thrown by a store where the database reports no conflict by
 * itself, for example because the row to insert already exists.
 */
export class Conflict extends Error {
  constructor(cause?: unknown) {
    super('conflict with another transaction', { cause });
    this.name = 'Conflict';
  }
}

/** serialization_failure, deadlock_detected */
const conflicts = new Set(['40001', '40P01']);

/** Whether a transaction took no effect because of another one, and can be run again. */
export function isConflict(error: unknown): boolean {
  return error instanceof Conflict || conflicts.has(errorCode(error) ?? '');
}

/** Whether an insert failed because of this unique index or constraint. */
export function violatesUnique(error: unknown, constraint: string): boolean {
  return errorCode(error) === '23505' && (error as { constraint?: string }).constraint === constraint;
}

/** Whether a value was invalid, or violated a constraint. */
export function isOfValues(error: unknown): boolean {
  return /^2[23]/.test(errorCode(error) ?? '');
}

/** lock_not_available */
const lockTimeout = '55P03';

/** Whether a statement did not get its lock in time, also if it was mapped to an expected error. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && [errorCode(error), errorCode(error.cause)].includes(lockTimeout);
}

/** Whether a row refers to one that does not exist. */
export function violatesForeignKey(error: unknown): boolean {
  return errorCode(error) === '23503';
}

/** Whether the server reported this error; any other comes from the connection. */
export function isOfServer(error: unknown): boolean {
  return error instanceof Error && 'severity' in error;
}

/**
 * The server refuses a statement before it starts: it is read-only, does not know a prepared statement or has it from
 * another client, or has changed a table under one.
 */
const unstarted = '25006|26000|42P05|0A000';

/** Whether the server refused the statement before it started, so that it cannot have taken effect. */
export function isUnstarted(error: unknown): boolean {
  return isOfServer(error) && new RegExp(`^(${unstarted})`).test(errorCode(error) ?? '');
}

/**
 * Codes of errors after which the connection must be closed: the above, or the server has ended a transaction that took
 * too long, or the connection.
 */
const spoilsConnection = new RegExp(`^(${unstarted}|25P03|25P04|08|57P)`);

/** Whether a connection can be used again after this error. */
export function canContinue(error: unknown): boolean {
  return isOfServer(error) && !spoilsConnection.test(errorCode(error) ?? '');
}

/** disk_full */
const fullDisk = '53100';
/** Too few resources, a shutdown, a lost connection, a timeout, a read-only server. */
const away = new RegExp(`^(${unstarted}|53|57|58|08|55P03|25P03|25P04)`);

/** Maps a full disk and an unavailable database, as the server reports them, to expected errors; others stay faults. */
export function translate(error: unknown): unknown {
  const code = errorCode(error) ?? '';
  if (code === fullDisk) return noRoom(error);
  return away.test(code) ? storeAway(error) : error;
}
