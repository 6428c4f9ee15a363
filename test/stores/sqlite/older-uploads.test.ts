import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type Database from 'better-sqlite3';
import { anonymousAccountId } from '../../../src/core/accounts/anonymous.ts';
import { newObject, now, writeOptions } from '../../ports/bucket-scene.ts';
import { someConfirmation } from '../../ports/some-object.ts';
import { somePayload } from '../../ports/some-payload.ts';
import { contentOf } from '../../ports/stored-rows.ts';
import { olderDatabase } from '../../support/older-database.ts';
import { openTemporaryStores, type TemporaryStores } from './temporary-stores.ts';

/** An account with a bucket, and an upload of each kind, whose bytes have arrived. */
function fill(raw: Database.Database): void {
  raw.exec(`
    INSERT INTO accounts (id, name, plan, created_at, files_bucket_id, stored_bytes, stored_objects, reserved_bytes,
      reserved_objects) VALUES ('account', 'account', 'free', 0, 'files', 0, 0, 45, 3);
    INSERT INTO buckets (id, account_id, name, created_at) VALUES ('bucket', 'account', 'bucket', 0), ('files', 'account', NULL, 0);
    INSERT INTO contents (n, data) VALUES (1, 'hello');
    INSERT INTO storage_usage (id, blob_bytes) VALUES (1, 40);
    INSERT INTO parts (owner_id, number, blob_key, size, etag) VALUES
      ('payload', 1, 'blob 1', 10, 'etag 1'), ('payload', 2, 'blob 2', 5, 'etag 2'),
      ('object', 1, 'blob 3', 20, 'etag 3'), ('object', 7, 'blob 4', 5, 'etag 4')`);
  const insert = raw.prepare(
    `INSERT INTO uploads (id, bucket_id, account_id, key, public_id, mime_type, is_public, is_text, declared_size,
       created_at, expires_at, part_size, content_n, received_at)
     VALUES (?, ?, 'account', ?, ?, 'text/plain', 0, ?, ?, 0, ?, ?, ?, ?)`,
  );
  insert.run('file', 'files', 'public/a.txt', 'public', 1, 5, now + 1000, null, 1, now);
  insert.run('payload', anonymousAccountId, 'payload', null, 0, 15, now + 1000, 10, null, null);
  insert.run('object', 'bucket', 'key', null, 0, 25, now + 1000, 0, null, null);
}

describe('an upload that an older version began', () => {
  let stores: TemporaryStores;
  beforeAll(() => {
    stores = openTemporaryStores(olderDatabase('0004_content_encoding', fill));
  });
  afterAll(() => stores.close());

  test('becomes a file', async () => {
    const upload = await stores.uploads.find('file');
    if (upload === undefined) throw new Error('the upload is gone');
    const file = await stores.uploads.completeFile(upload, 'received', someConfirmation());
    expect(file).toMatchObject({ id: 'file', key: 'public/a.txt', size: 5, isText: true });
    expect(await stores.objects.content('file')).toEqual({ kind: 'inline', data: 'hello' });
  });

  test('becomes a payload', async () => {
    const parts = await stores.uploads.parts('payload');
    const payload = {
      ...somePayload({ size: 15, createdAt: now, expiresAt: now + 1000, accountId: 'account' }),
      ...{ isText: false, content: contentOf(parts) },
    };
    expect(await stores.uploads.completePayload('payload', payload, parts)).toBe('completed');
    const content = {
      kind: 'parts',
      parts: [
        { key: 'blob 1', size: 10 },
        { key: 'blob 2', size: 5 },
      ],
    };
    expect(await stores.payloads.find(payload.id)).toMatchObject({ content, accountId: 'account' });
  });

  test('becomes an object of a bucket', async () => {
    const bucket = await stores.buckets.find('bucket');
    if (bucket === undefined) throw new Error('the bucket is gone');
    const object = newObject({ bucket, id: 'object', key: 'key' });
    const parts = await stores.uploads.parts('object');
    const written = await stores.uploads.completeObject('object', object, parts, writeOptions());
    expect(written).toMatchObject({ isNew: true, object: { size: 25 } });
  });

  test('leaves exact usage', async () => {
    const usage = { storedBytes: 45, storedObjects: 3, reservedBytes: 0, reservedObjects: 0 };
    expect(await stores.accounts.usage('account')).toEqual(usage);
    expect(await stores.inventory.wrongUsage()).toEqual([]);
    expect(await stores.inventory.wrongParts()).toEqual([]);
  });
});
