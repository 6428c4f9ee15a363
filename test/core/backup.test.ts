import { beforeEach, describe, expect, test } from 'bun:test';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { newHashId } from '../../src/core/ids.ts';
import { copyBlobs, removeDeleted } from '../../src/core/operation/backup.ts';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import { BlobCopies } from '../../src/stores/blobs/blob-copies.ts';
import { blobPath, DiskBlobStore } from '../../src/stores/blobs/disk.ts';
import {
  blobObject,
  blobPayload,
  newAccount,
  now,
  payloadInParts,
  uploadInParts,
} from '../ports/stored-rows.ts';
import { openTemporaryStores, type TemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const size = 5;

let original: TemporaryStores;
let account: NewAccount;
let from: string;
let to: string;

beforeEach(async () => {
  original = openTemporaryStores();
  account = await newAccount(original);
  [from, to] = [temporaryDirectory('from'), temporaryDirectory('to')];
});

/** Rows of each kind, with their blobs. @returns The keys */
async function store(): Promise<string[]> {
  const keys = [
    (await blobPayload(original, size)).key,
    (await blobPayload(original, size, { expiresAt: now + 1 })).key,
    (await blobObject(original, account, size)).blobKey,
    ...(await payloadInParts(original, account, [size, size])).keys,
    ...(await uploadInParts(original, account, [size, size])).keys,
  ];
  const blobs = await DiskBlobStore.open(from);
  for (const key of keys) await blobs.write(key, bytes());
  return keys;
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('bytes');
}

function snapshot(): TemporaryStores {
  const file = join(temporaryDirectory('copy'), 'mayfly.db');
  original.connection.raw.prepare('VACUUM INTO ?').run(file);
  return openTemporaryStores(file);
}

async function copyAll(copy: TemporaryStores) {
  const blobs = new BlobCopies(from, to);
  const copied = await copyBlobs(copy.inventory, async (key, length) => void (await blobs.copy(key, length)));
  await blobs.finish();
  return copied;
}

const remove = (key: string) => rmSync(join(from, blobPath(key)));

describe('a copy of a database', () => {
  test('has all rows if no blob was removed in the meantime', async () => {
    const keys = await store();
    const copy = snapshot();
    const { sizes, lost } = await copyAll(copy);
    expect([[...sizes.keys()].toSorted(), lost]).toEqual([keys.toSorted(), []]);
    expect(new Set(sizes.values())).toEqual(new Set([size]));
  });

  test('loses the rows that were deleted while their blobs were copied, and their usage', async () => {
    const keys = await store();
    const copy = snapshot();
    for (const owner of await original.inventory.ownersOf(keys)) {
      if (owner.kind === 'payload') await original.payloads.remove(owner.id, now);
      else if (owner.kind === 'object') await original.objects.remove(owner.id, now);
      else await original.uploads.abort(owner.id, now);
    }
    // Of content in parts, one part is enough.
    for (const key of keys.filter((_, n) => n !== 4)) remove(key);
    const copied = await copyAll(copy);
    expect([copied.sizes.size, copied.lost.length]).toEqual([1, keys.length - 1]);
    const unshown = [...copied.sizes.keys()];
    expect(await removeDeleted(copy, original.inventory, copied)).toEqual({ damaged: [], unshown });
    expect(await copy.inventory.ownersOf(keys)).toEqual([]);
    expect(await copy.inventory.wrongUsage()).toEqual([]);
    expect(await copy.inventory.wrongParts()).toEqual([]);
  });

  test('loses rows that expired while their blobs were copied', async () => {
    const { key, id } = await blobPayload(original, size, { expiresAt: now });
    const copy = snapshot();
    await original.payloads.expire(now, 10);
    const copied = await copyAll(copy);
    expect(copied.lost.map((blob) => blob.key)).toEqual([key]);
    expect(await removeDeleted(copy, original.inventory, copied)).toEqual({ damaged: [], unshown: [] });
    expect(await copy.payloads.find(id)).toBeUndefined();
  });

  test('keeps rows whose blobs are damaged, and reports them', async () => {
    const [missing = newHashId(), truncated = newHashId()] = await store();
    const copy = snapshot();
    remove(missing);
    truncateSync(join(from, blobPath(truncated)), 1);
    const { damaged, unshown } = await removeDeleted(copy, original.inventory, await copyAll(copy));
    expect(unshown).toEqual([]);
    expect(damaged.map(({ key }) => key).toSorted()).toEqual([missing, truncated].toSorted());
    expect(await copy.inventory.ownersOf([missing, truncated])).toHaveLength(2);
  });
});
