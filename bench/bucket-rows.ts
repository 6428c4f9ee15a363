import type Database from 'better-sqlite3';
import { newKey } from './buckets.ts';
import { ModelRows, withoutSafety } from './model-rows.ts';

type Bucket = { id: string; account_id: string };
type Model = { key: string; size: number };

/** The number of folders in a bucket of any size. */
const folders = 200;

/** The common key prefix of half of the folders. */
export const halfOfFolders = 'folder-1';

/** The key of an object: sorted by folder, unsorted within a folder. */
export function spreadKey(row: number): string {
  return `folder-${String(row % folders).padStart(3, '0')}/${newKey()}`;
}

/**
 * Fills buckets with copies of their first object under other keys, in a random order. Updates the counts of buckets and
 * accounts like the server does.
 */
export async function fillBuckets(file: string, sizes: Record<string, number>): Promise<void> {
  await withoutSafety(file, async (database) => {
    for (const [name, size] of Object.entries(sizes)) await fillBucket(database, name, size - 1);
  });
}

async function fillBucket(database: Database.Database, name: string, more: number): Promise<void> {
  const bucket = database
    .prepare<[string], Bucket>('SELECT id, account_id FROM buckets WHERE name = ?')
    .get(name);
  if (bucket === undefined) throw new Error(`there is no bucket ${name}`);
  const model = database
    .prepare<[string], Model & { content_n: number }>('SELECT * FROM objects WHERE bucket_id = ?')
    .get(bucket.id);
  if (model === undefined) throw new Error(`there is no object in ${name} to model the others on`);
  const contents = new ModelRows(database, 'contents', { n: model.content_n });
  const objects = new ModelRows(database, 'objects', { bucket_id: bucket.id });
  await objects.insertMany(more, (row) => ({
    id: newKey(),
    key: spreadKey(row + 1),
    etag: newKey(),
    content_n: contents.insert({}),
  }));
  const counted = { id: bucket.id, accountId: bucket.account_id, count: more, bytes: more * model.size };
  database
    .prepare(`UPDATE buckets SET object_count = object_count + @count, size_bytes = size_bytes + @bytes
              WHERE id = @id`)
    .run(counted);
  database
    .prepare(`UPDATE accounts SET stored_objects = stored_objects + @count, stored_bytes = stored_bytes + @bytes
              WHERE id = @accountId`)
    .run(counted);
}
