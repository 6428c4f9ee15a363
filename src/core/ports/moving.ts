/** The tables that a move copies as they are. `storage_usage` and `deployment` are derived. */
export const movedTables = [
  'plans',
  'accounts',
  'keys',
  'banned_addresses',
  'account_traffic',
  'blocked_contents',
  'buckets',
  'webhooks',
  'file_routes',
  'contents',
  'objects',
  'uploads',
  'parts',
  'payloads',
  'idempotency_records',
  'blob_journal',
  'webhook_deliveries',
] as const;

/**
 * Tables with content in their rows. In the stop of writes only their rows are counted: to read all of them would take
 * long. Each row was compared when it was written, and once more before the stop.
 */
export const contentTables: readonly MovedTable[] = ['payloads', 'contents'];

export type MovedTable = (typeof movedTables)[number];

/** A value of a column. True and false are 1 and 0; lists and metadata are JSON. */
export type MovedValue = string | number | Uint8Array | null;

/** A row, by the names of its columns. */
export type MovedRow = Record<string, MovedValue>;

/** The values of the columns of a primary key. */
export type MovedKey = (string | number | Uint8Array)[];

/** Changes of one table: rows as they are now, and the keys of rows that are gone. */
export type TableChanges = { table: MovedTable; rows: MovedRow[]; gone: MovedKey[] };

/** Identifies a move on both sides, so that it can be resumed. `to` is the target without credentials. */
export type Move = { id: string; to: string };

/** The move cannot begin, continue or be undone. The message is one line. */
export class MoveRefused extends Error {}

/** What must be the same on both sides at the end. */
export type MoveTotals = {
  /**
   * The number of rows as `table`, and a checksum of each column as `table.column`, except for tables with content: the
   * sum of numbers modulo 1,000,003, the sum of the lengths of bytes, the number of values of text.
   */
  sums: Record<string, number>;
  /** Bytes of all blobs, and those of anonymous callers. */
  blobBytes: number;
  anonymousBytes: number;
};

/** The database that a move leaves. Servers use it until the end. */
export type MoveSource = {
  /** The move that has begun; undefined if there is none. */
  current(): Promise<Move | undefined>;

  /** Whether the move has ended: then the source refuses everything. */
  hasEnded(): Promise<boolean>;

  /** Records every change from now on. Does nothing if it does already. */
  begin(move: Move): Promise<void>;

  /** The place of the last row of a table. Rows that come later are recorded as changes. */
  lastPlace(table: MovedTable): Promise<number>;

  /**
   * Rows of a table in the order of their places.
   *
   * @param after The place of the last row of the page before.
   * @returns No rows after the place `upTo`.
   */
  page(table: MovedTable, after: number, upTo: number): Promise<{ rows: MovedRow[]; last: number }>;

  /**
   * The oldest recorded changes. Each row is as it is now, with all its later changes.
   *
   * `upTo` identifies the last one and is undefined if there are none.
   */
  changes(): Promise<{ changes: TableChanges[]; count: number; upTo: number | undefined }>;

  /**
   * Rows as `page` reads them, without those that have a recorded change: the target has these rows exactly so, if it has
   * all changes that were forgotten.
   */
  unchangedPage(table: MovedTable, after: number, upTo: number): Promise<{ rows: MovedRow[]; last: number }>;

  /** Forgets changes that the target has. */
  forget(upTo: number): Promise<void>;

  /** The number up to which changes were forgotten in this move; it only grows. */
  forgotten(): Promise<number>;

  pendingChanges(): Promise<number>;

  /**
   * Refuses all writes of all processes for this time (ms), or from the last call for this time. If the process of the
   * move ends, writes go on after it.
   */
  stopWrites(duration: number): Promise<void>;

  resumeWrites(): Promise<void>;

  totals(): Promise<MoveTotals>;

  /** The highest row number that each table has used, by the table. */
  lastNumbers(): Promise<Record<string, number>>;

  /** Ends the move if the target has all changes: from then on nothing can be written, ever. */
  end(): Promise<'ended' | 'changed'>;

  /**
   * Forgets the move. Writes go on.
   *
   * @param hasEnded Whether the move has ended, by what the caller knows. @throws MoveRefused if that has changed
   */
  undo(hasEnded: boolean): Promise<void>;
};

/**
 * The state of a move in its target: `arrived` once the source has ended, until a server or command uses the target.
 * `undone` stays, so that an undo that was interrupted can be repeated.
 */
export type MoveState = 'copying' | 'complete' | 'arrived' | 'undone';

/**
 * The database that a move fills. No server uses it before the end.
 *
 * It may go back in time at any moment, by a restore or because a standby took over. It records up to which change it
 * has all of them, and `forgotten` is what the source has forgotten: a call that gets it refuses if the target has less,
 * since nothing else can bring it the lost changes.
 */
export type MoveTarget = {
  /**
   * Begins a move or resumes it. Of two processes with the same move, the first one can write no more.
   *
   * @throws MoveRefused
   */
  begin(move: Move, forgotten: number): Promise<void>;

  /** The place of the last row of a table that was copied; 0 if there is none. */
  position(table: MovedTable): Promise<number>;

  /**
   * Writes the page of rows that follows the place `after`, and reads back what was stored.
   *
   * @param last The place of its last row.
   * @throws MoveRefused if something else was stored, or if `after` is not the position
   */
  write(table: MovedTable, rows: MovedRow[], after: number, last: number): Promise<void>;

  /**
   * Writes changes like `write`, all or none. With them, the target has all changes up to the number `upTo`.
   *
   * @throws MoveRefused
   */
  apply(changes: TableChanges[], upTo: number, forgotten: number): Promise<void>;

  /** The number of these rows that are missing or have other values. */
  countDifferent(table: MovedTable, rows: MovedRow[]): Promise<number>;

  /**
   * Records blobs that are about to be copied, so that none is forgotten if its row never arrives.
   *
   * @returns The keys that are not yet copied.
   */
  expectBlobs(keys: string[]): Promise<string[]>;

  blobsCopied(keys: string[]): Promise<void>;

  /** Prepares statistics, for the statements at the end and for the first requests. */
  analyze(): Promise<void>;

  /** Derives what is not copied, from the rows. May be called again after more rows. @throws MoveRefused */
  complete(
    lastNumbers: Record<string, number>,
    deployment: Record<string, string>,
    forgotten: number,
  ): Promise<void>;

  totals(): Promise<MoveTotals>;

  /**
   * Lets servers use it, and journals copied blobs that no row shows. Call it once the source has ended.
   *
   * @returns `incomplete` if another process has continued the move, if it was undone, or if the target went back to
   *   before its end: it must be continued.
   * @throws MoveRefused
   */
  open(move: Move, forgotten: number): Promise<'open' | 'incomplete'>;

  /**
   * Removes all rows, so that no server uses them.
   *
   * @returns `not_here` if it is not the target of this move, or no longer: a server or command has used it.
   */
  undo(move: Move): Promise<'undone' | 'not_here'>;
};
