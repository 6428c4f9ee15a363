import { join } from 'node:path';
import Database from 'better-sqlite3';

/** What accounts store, read from outside. */
type StoredFiles = {
  /** The keys of all files in URLs, expired ones included. */
  keys: string[];
  uploads: number;
  /** The blob keys in rows, each as many times as it occurs. */
  blobKeys: string[];
  /** The accounts whose booked usage is not the sum of their rows. */
  wrongBooks: unknown[];
  /** The named buckets whose numbers are not the sums of their rows. */
  wrongBuckets: unknown[];
  /** The meter, and the sum of the rows (bytes). */
  blobBytes: { metered: number; summed: number };
  /** Contents in the database without a row that refers to them. */
  strayContents: number;
};

export function readStoredFiles(dataDir: string): StoredFiles {
  const database = new Database(join(dataDir, 'mayfly.db'), { readonly: true });
  try {
    database.pragma('busy_timeout = 5000');
    const column = (query: string) => database.prepare<[], string>(query).pluck().all();
    const number = (query: string) => database.prepare<[], number>(query).pluck().get() ?? 0;
    return {
      keys: column('SELECT key FROM objects'),
      uploads: number('SELECT count(*) FROM uploads'),
      blobKeys: column(`SELECT blob_key FROM (${blobRows})`).sort(),
      wrongBooks: database.prepare(wrongBooks).all(),
      wrongBuckets: database.prepare(wrongBuckets).all(),
      blobBytes: {
        metered: number('SELECT blob_bytes FROM storage_usage'),
        summed: number(`SELECT coalesce(sum(size), 0) FROM (${blobRows} UNION ALL ${reservedRows})`),
      },
      strayContents: number(`SELECT count(*) FROM contents WHERE n NOT IN
        (SELECT content_n FROM objects WHERE content_n IS NOT NULL
          UNION ALL SELECT content_n FROM uploads WHERE content_n IS NOT NULL)`),
    };
  } finally {
    database.close();
  }
}

const blobRows = `SELECT blob_key, size FROM objects WHERE blob_key IS NOT NULL
  UNION ALL SELECT blob_key, declared_size FROM uploads WHERE blob_key IS NOT NULL
  UNION ALL SELECT blob_key, size FROM parts WHERE blob_key IS NOT NULL
  UNION ALL SELECT blob_key, size FROM payloads WHERE blob_key IS NOT NULL`;

/** Bytes that clients may write straight to the blob store. */
const reservedRows = `SELECT direct_key, declared_size FROM uploads
  WHERE direct_key IS NOT NULL AND part_size IS NOT 0`;

/** Payloads that were created with a key count for its account, like files. */
const ownedRows = `SELECT account_id, size FROM objects UNION ALL SELECT account_id, size FROM payloads`;

const wrongBooks = `SELECT * FROM (
  SELECT id, stored_bytes, stored_objects, reserved_bytes, reserved_objects,
    (SELECT coalesce(sum(size), 0) FROM (${ownedRows}) WHERE account_id = accounts.id) AS summed_bytes,
    (SELECT count(*) FROM (${ownedRows}) WHERE account_id = accounts.id) AS counted_objects,
    (SELECT coalesce(sum(declared_size), 0) FROM uploads WHERE account_id = accounts.id) AS summed_reserved,
    (SELECT count(*) FROM uploads WHERE account_id = accounts.id) AS counted_uploads
  FROM accounts)
  WHERE stored_bytes <> summed_bytes OR stored_objects <> counted_objects
    OR reserved_bytes <> summed_reserved OR reserved_objects <> counted_uploads`;

const wrongBuckets = `SELECT * FROM (
  SELECT name, object_count, size_bytes,
    (SELECT count(*) FROM objects WHERE bucket_id = buckets.id) AS counted_objects,
    (SELECT coalesce(sum(size), 0) FROM objects WHERE bucket_id = buckets.id) AS summed_bytes
  FROM buckets WHERE name IS NOT NULL)
  WHERE object_count <> counted_objects OR size_bytes <> summed_bytes`;
