import type { Queries, Result, Sql, Statement, Values } from '../../../src/stores/postgres/database/sql.ts';

/** Runs a statement of a store, with other statements around it in the same transaction. */
export type Around = <Row>(queries: Queries, statement: Statement, values?: Values) => Promise<Result<Row>>;

/** A database that runs every statement of its stores through `around`. */
export function surrounded(sql: Sql, around: Around): Sql {
  return {
    read: async <Row>(statement: Statement, values?: Values) =>
      (await sql.transaction((queries) => around<Row>(queries, statement, values))).rows,
    readLong: (statement, values) => sql.readLong(statement, values),
    write: (statement, values) => sql.transaction((queries) => around(queries, statement, values)),
    transaction: (work) =>
      sql.transaction((queries) => work({ run: (statement, values) => around(queries, statement, values) })),
    close: () => sql.close(),
  };
}
