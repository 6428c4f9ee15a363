import { hash } from 'node:crypto';

/** SQL text. A statement with a name is prepared once on each connection. */
export type Statement = { text: string; name?: string };

/** `count` is the number of rows that a write changed. */
export type Result<Row> = { rows: Row[]; count: number };

/** Parameters. `Uint8Array` is `bytea`, a number `bigint` or `integer`, an array an array of the database. */
export type Values = readonly unknown[];

/** Runs statements on a connection. */
export interface Queries {
  /** @throws Failure `store_away`, `no_room`; an error of the database that the statement caused */
  run<Row = never>(statement: Statement, values?: Values): Promise<Result<Row>>;
}

/** A database. Each statement has a deadline, after which its connection is closed. */
export interface Sql {
  /** Runs a statement that changes nothing. */
  read<Row>(statement: Statement, values?: Values): Promise<Row[]>;

  /** Like `read`, for a statement that may take up to an hour because it reads whole tables. */
  readLong<Row>(statement: Statement, values?: Values): Promise<Row[]>;

  /**
   * Runs one statement that is a transaction of its own.
   *
   * @param admit Called when there is a connection, before anything is sent. What it throws is thrown on.
   * @throws OutcomeUnknown if the connection broke after the statement was sent
   */
  write<Row = never>(statement: Statement, values?: Values, admit?: () => void): Promise<Result<Row>>;

  /**
   * Runs `work` in a transaction. If it throws, the transaction is rolled back, and the error is thrown on.
   *
   * @param admit As for `write`.
   * @throws OutcomeUnknown if the connection broke after the commit was sent
   */
  transaction<T>(work: (queries: Queries) => Promise<T>, admit?: () => void): Promise<T>;

  close(): Promise<void>;
}

/** Informed of what a database does, for metrics. Times are in milliseconds. */
export type DatabaseObserver = {
  /** A connection was free after this time. */
  waited(time: number): void;
  /** A statement was answered or has failed after this time. */
  ran(text: string, time: number): void;
  /** This many writers shared a commit. */
  committed(writers: number): void;
  /** A transaction runs again after a conflict. */
  repeated(): void;
  outcomeUnknown(): void;
};

/**
 * A statement that is run often. Its text must be constant.
 *
 * Its name is derived from the text: behind a pooler that mixes up the prepared statements of its clients, a name never
 * runs the statement of another process or another version.
 */
export function prepared(text: string): Statement {
  return { text, name: `mayfly_${hash('sha256', text, 'hex').slice(0, 32)}` };
}

/** A statement that is run rarely, or whose text varies. */
export function unprepared(text: string): Statement {
  return { text };
}
