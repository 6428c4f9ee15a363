import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { claimDue, claimOf } from '../ports/claims.ts';
import {
  blobContent,
  inlineContent,
  noQuota,
  someConfirmation,
  someDescription,
  someUpload,
  storeObject,
} from '../ports/some-object.ts';
import {
  bytes,
  type FileCore,
  hour,
  leaseTime,
  nothingHeld,
  nothingUsed,
  openFileCore,
  someFile,
} from './file-core.ts';

const day = 86_400_000;
const blob = bytes(5000);

let core: FileCore;
let account: StoredAccount;
beforeEach(async () => {
  core = await openFileCore();
  account = await core.account();
});

const inTime = (milliseconds: number) => new Date(core.time.now + milliseconds).toISOString();

describe('a sweep', () => {
  test('removes files to the millisecond, with their blobs, and frees the room', async () => {
    await core.file(account, blob, { expiryTime: inTime(1000) });
    await core.file(account, bytes(10), { expiryTime: inTime(1000) });
    const alive = await core.file(account, blob, { expiryTime: inTime(1001) });
    core.time.now += 999;
    expect(await core.sweeper.run()).toMatchObject({ objects: 0, blobs: 0 });
    core.time.now += 1;
    expect(await core.sweeper.run()).toMatchObject({ objects: 2, blobs: 1, failures: 0 });
    expect((await core.objects.find(account, alive.id)).id).toBe(alive.id);
    expect(await core.usage(account)).toEqual({ ...nothingUsed, storedBytes: 5000, storedObjects: 1 });
    expect(await core.held()).toMatchObject({ files: 1, objects: 1, records: 0, blobBytes: 5000 });
  });

  test('removes expired uploads: those without bytes, with bytes, and with parts', async () => {
    await core.reserve(account);
    const { target } = await core.reserve(account, { size: 5000 });
    await core.put(target, blob);
    const { parts } = await core.uploads.reserveInParts(account, someFile({ size: 5000 }));
    const [part] = parts;
    if (part === undefined) throw new Error('no part');
    await core.put(part.target, blob);
    core.time.now += hour;
    expect(await core.sweeper.run()).toMatchObject({ uploads: 3, blobs: 2, objects: 0 });
    expect(await core.held()).toEqual(nothingHeld);
    expect(await core.usage(account)).toEqual(nothingUsed);
  });

  test('removes an expired account with all of its contents in one run, and no other', async () => {
    const guest = await core.guest();
    await core.file(guest, blob);
    await core.file(account, blob);
    core.time.now = (guest.expiresAt ?? 0) - 1000;
    await core.reserve(guest);
    core.time.now += 999;
    expect(await core.sweeper.run()).toMatchObject({ objects: 0, uploads: 0, accounts: 0 });
    core.time.now += 1;
    expect(await core.sweeper.run()).toMatchObject({ objects: 1, uploads: 1, accounts: 1, blobs: 1 });
    expect(await core.stores.accounts.find(guest.id)).toBeUndefined();
    expect(await core.held()).toMatchObject({ files: 1, objects: 1, uploads: 0, records: 0 });
  });

  test('keeps ended deliveries for seven days, and pending ones', async () => {
    const options = { maxSize: 1000, types: [], webhookUrl: 'https://example.com' };
    const { webhook } = await core.fileRoutes.create(account, 'route', options);
    for (const id of ['over', 'pending']) {
      const { upload, target } = await core.reserve(account);
      await core.put(target, bytes(100));
      const event = {
        id,
        webhookId: webhook?.id ?? '',
        event: 'x',
        subject: null,
        body: '{}',
        createdAt: core.time.now,
      };
      await core.confirmations.confirm(account, upload.id, { event: () => event });
    }
    await core.stores.outbox.delivered(claimOf({ id: 'over', attempts: 0 }, ''), 200, core.time.now);
    core.time.now += 7 * day;
    expect((await core.sweeper.run()).deliveries).toBe(0);
    core.time.now += 1;
    expect((await core.sweeper.run()).deliveries).toBe(1);
    expect((await claimDue(core.stores.outbox, core.time.now, 1))[0]?.id).toBe('pending');
  });

  test('removes a thousand files in batches with pauses, and leaves the usage exact', async () => {
    const { uploads } = core.stores;
    const expired = someConfirmation({ at: core.time.now - 1, expiresAt: core.time.now });
    // Concurrently, so that they share their commits.
    await Promise.all(
      Array.from({ length: 1000 }, () =>
        storeObject(uploads, someDescription(account), inlineContent(1), expired),
      ),
    );
    expect((await core.usage(account)).storedObjects).toBe(1000);
    expect((await core.sweeper.run()).objects).toBe(1000);
    expect(core.time.rests.length).toBeGreaterThan(3);
    expect(await core.usage(account)).toEqual(nothingUsed);
  });

  test('that runs during confirmations and removals leaves the usage exact', async () => {
    const guest = await core.guest();
    const uploads = [];
    for (let n = 0; n < 60; n += 1) {
      const { upload, target } = await core.reserve(guest, { size: 5000 });
      await core.put(target, blob);
      uploads.push(upload);
    }
    core.time.now += hour - 1;
    const settled = Promise.allSettled(
      uploads.map(async ({ id }, n) => {
        const object = await core.confirmations.confirm(guest, id);
        if (n % 2 === 0) await core.objects.remove(object);
      }),
    );
    core.time.now += 1;
    await Promise.all([settled, core.sweeper.run()]);
    core.time.now += leaseTime;
    await core.sweeper.run();
    const { files, objects, uploads: left, records, blobBytes } = await core.held();
    expect({ left, records }).toEqual({ left: 0, records: 0 });
    expect(files).toBe(Number(objects));
    expect(blobBytes).toBe(files * 5000);
    expect(await core.usage(guest)).toEqual({
      ...nothingUsed,
      storedBytes: files * 5000,
      storedObjects: files,
    });
  });
});

describe('a key that clients write to directly', () => {
  test('is removed when its upload ends, and once more when no client can write to it', async () => {
    const directKey = newHashId();
    const upload = someUpload({ ...account, claimHash: null }, { directKey, expiresAt: core.time.now + 10 });
    const ends = core.time.now + 1000;
    await core.stores.uploads.start(upload, noQuota, ends);
    const own = newHashId();
    await core.stores.journal.reserve(own, core.time.now, 1000);
    await core.stores.uploads.completeFile(upload, blobContent(own, 100), someConfirmation());
    expect((await core.sweeper.run()).blobs).toBe(1);
    // A PUT that began in time, and ended after the confirmation.
    await core.blobs.write(directKey, [Buffer.from('late')] as unknown as AsyncIterable<Uint8Array>);
    core.time.now = ends - 1;
    expect((await core.sweeper.run()).blobs).toBe(0);
    expect((await core.held()).files).toBe(1);
    core.time.now += 1;
    expect((await core.sweeper.run()).blobs).toBe(1);
    expect(await core.held()).toMatchObject({ files: 0, records: 0 });
  });

  test('is retried if the store is unavailable then', async () => {
    const directKey = newHashId();
    const upload = someUpload({ ...account, claimHash: null }, { directKey });
    await core.stores.uploads.start(upload, noQuota, core.time.now + 1000);
    await core.stores.uploads.abort(upload.id, core.time.now);
    core.blobs.away = true;
    expect(await core.sweeper.run()).toMatchObject({ blobs: 0, failures: 1 });
    core.blobs.away = false;
    core.time.now += 1000;
    expect(await core.sweeper.run()).toMatchObject({ blobs: 1, failures: 0 });
    expect(await core.stores.journal.count()).toBe(0);
  });
});

describe('an unavailable blob store', () => {
  test('delays the removal of no file and no account; its blobs are removed when it is available again', async () => {
    const guest = await core.guest();
    await core.file(guest, blob);
    core.time.now = guest.expiresAt ?? 0;
    core.blobs.away = true;
    expect(await core.sweeper.run()).toMatchObject({ objects: 1, accounts: 1, failures: 1 });
    expect(await core.held()).toMatchObject({ files: 1, objects: 0, records: 1, blobBytes: 0 });
    core.blobs.away = false;
    core.time.now += 1000;
    expect((await core.sweeper.run()).blobs).toBe(1);
    expect(await core.held()).toEqual(nothingHeld);
  });
});

describe('lag', () => {
  test('covers files and uploads too', async () => {
    await core.file(account, bytes(10), { expiryTime: inTime(2 * hour) });
    await core.reserve(account);
    core.time.now += hour + 300;
    expect(await core.sweeper.lag()).toBe(300);
    await core.sweeper.run();
    expect(await core.sweeper.lag()).toBe(0);
    core.time.now += hour;
    expect(await core.sweeper.lag()).toBe(300);
  });
});
