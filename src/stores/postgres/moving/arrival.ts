import type { Move, MoveState } from '../../../core/ports/moving.ts';
import { type Queries, type Sql, unprepared } from '../database/sql.ts';

/**
 * The move whose target a database is. The last process that began it has the `runner`. The database has all changes up
 * to the number `applied`.
 */
export type TargetRecord = { id: string; state: MoveState; runner: string; applied: number };

/** Reads and locks the record of a move; undefined if there is none. */
export async function lockRecord(queries: Queries): Promise<TargetRecord | undefined> {
  const [found] = (await queries.run<{ value: string }>(lock)).rows;
  return found && (JSON.parse(found.value) as TargetRecord);
}

/**
 * Takes a database over from a move, before anything else uses it. The move can then no longer be undone.
 *
 * @returns Why the database must not be used, as what follows its name; undefined if it was taken over.
 */
export function takeOver(sql: Sql): Promise<string | undefined> {
  return sql.transaction(async (queries) => {
    const record = await lockRecord(queries);
    const problem = problemOf(record);
    if (problem !== undefined || record === undefined) return problem;
    await queries.run(forgetMove);
    await queries.run(keepId, [record.id]);
    await queries.run(unprepared('DROP TABLE IF EXISTS moved_blobs'));
    return undefined;
  });
}

/** Why the database must not be used, as `takeOver` reports it; does not take it over. */
export async function arrivalProblem(queries: Queries): Promise<string | undefined> {
  return problemOf(await lockRecord(queries));
}

function problemOf(record: TargetRecord | undefined): string | undefined {
  // Copied blobs are in the bucket, and only another move to this database knows which of them are needed.
  if (record?.state === 'undone')
    return 'is the target of a move that was undone: run mayfly move again, or drop the database and create it again';
  if (record !== undefined && record.state !== 'arrived')
    return 'is the target of a move that has not ended: run mayfly move again';
  return undefined;
}

/** Whether a server or command has taken the database over from this move. */
export async function isTakenOver(queries: Queries, { id }: Move): Promise<boolean> {
  const [kept] = (await queries.run<{ value: string }>(readId)).rows;
  return kept?.value === id;
}

const lock = unprepared("SELECT value FROM deployment WHERE name = 'move' FOR UPDATE");
const keepId = unprepared(
  "INSERT INTO deployment (name, value) VALUES ('moved', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);
const readId = unprepared("SELECT value FROM deployment WHERE name = 'moved'");
const forgetMove = unprepared("DELETE FROM deployment WHERE name = 'move' OR name LIKE 'move.%'");
