/** A table whose rows are cached. */
export type CachedTable = 'payloads' | 'objects' | 'credentials' | 'buckets' | 'plans';

/** The row with this key has changed or is gone; without a key any row of the table, without a table any row. */
export type Change = { table?: CachedTable; key?: string };

/**
 * The committed changes of a database, for caches. The keys are the ids of payloads, the names of buckets and plans,
 * and `objectRowKey`; a change of a credential has none. New rows are announced only if their absence is cached, which
 * is so for plans alone. Files need no announcement, because only objects of named buckets are cached, and neither does
 * the last use of a key, if cached rows have a maximum age. Spurious changes are allowed.
 */
export interface Changes {
  /**
   * Adds a listener. It is called for a change of this process after the commit and before the writer continues, and
   * for changes of other processes in `refresh` at the latest.
   */
  subscribe(listener: (change: Change) => void): void;

  /**
   * Call it before each use of a cached row: it announces what other processes have changed. A database on another
   * machine cannot know; its rows are used up to a maximum age.
   */
  refresh(): void;
}

/** The id of a bucket never contains a slash. */
export function objectRowKey(bucketId: string, key: string): string {
  return `${bucketId}/${key}`;
}
