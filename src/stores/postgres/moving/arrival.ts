import type { MoveState } from '../../../core/ports/moving.ts';
import { type Queries, type Sql, unprepared } from '../database/sql.ts';

/** The move whose target a database is. The last process that began it has the `runner`. */
export type TargetRecord = { id: string; state: MoveState; runner: string };

/** Reads and locks the record of a move; undefined if there is none. */
export async function lockRecord(queries: Queries): Promise<TargetRecord | undefined> {
  const [found] = (await queries.run<{ value: string }>(lock)).rows;
  return found && (JSON.parse(found.value) as TargetRecord);
}

/**
 * Takes a database over from a move, before anything else uses it. The move can then no longer be undone.
 *
 * @returns False if the move has not ended or was undone, so that the database must not be used.
 */
export function takeOver(sql: Sql): Promise<boolean> {
  return sql.transaction(async (queries) => {
    const record = await lockRecord(queries);
    if (record === undefined) return true;
    if (record.state !== 'arrived') return false;
    await queries.run(forgetMove);
    await queries.run(unprepared('DROP TABLE IF EXISTS moved_blobs'));
    return true;
  });
}

const lock = unprepared("SELECT value FROM deployment WHERE name = 'move' FOR UPDATE");
const forgetMove = unprepared("DELETE FROM deployment WHERE name = 'move' OR name LIKE 'move.%'");
