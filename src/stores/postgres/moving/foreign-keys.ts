import { type Queries, unprepared } from '../database/sql.ts';

/**
 * Drops the foreign keys, and keeps their definitions: while a move copies table by table, rows may come before those
 * that they refer to.
 */
export async function dropForeignKeys(queries: Queries): Promise<void> {
  const { rows } = await queries.run<{ add: string; drop: string }>(foreignKeys);
  if (rows.length === 0) return;
  await queries.run(keep, [JSON.stringify(rows.map(({ add }) => add))]);
  for (const { drop } of rows) await queries.run(unprepared(drop));
}

/** Adds the dropped foreign keys again, which checks every row. */
export async function addForeignKeys(queries: Queries): Promise<void> {
  const [kept] = (await queries.run<{ value: string }>(readKept)).rows;
  if (kept === undefined) return;
  for (const add of JSON.parse(kept.value) as string[]) await queries.run(unprepared(add));
  await queries.run(forget);
}

const foreignKeys = unprepared(
  `SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS add,
     format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop
   FROM pg_constraint WHERE contype = 'f' AND connamespace = quote_ident(current_schema())::regnamespace ORDER BY conname`,
);
const keep = unprepared("INSERT INTO deployment (name, value) VALUES ('move.foreign_keys', $1)");
const readKept = unprepared("SELECT value FROM deployment WHERE name = 'move.foreign_keys'");
const forget = unprepared("DELETE FROM deployment WHERE name = 'move.foreign_keys'");
