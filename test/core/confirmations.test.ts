import { beforeEach, describe, expect, spyOn, test } from 'bun:test';
import type { ConfirmedObject } from '../../src/core/files/confirmations.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { claimDue, hasWaiting } from '../ports/claims.ts';
import { failureOf } from './failure-of.ts';
import {
  bytes,
  bytesIn,
  type FileCore,
  hour,
  nothingHeld,
  nothingUsed,
  openFileCore,
  someFile,
} from './file-core.ts';

const partSize = 5 * 1024 ** 2;

let core: FileCore;
let account: StoredAccount;
beforeEach(async () => {
  core = await openFileCore();
  account = await core.account();
});

const codeOf = async (work: () => unknown) => (await failureOf(work)).code;
const fulfilled = (all: PromiseSettledResult<unknown>[]) =>
  all.filter(({ status }) => status === 'fulfilled');

async function received(of = account, size = 100) {
  const { upload, target } = await core.reserve(of, { size });
  await core.put(target, bytes(size));
  return upload;
}

describe('a confirmation', () => {
  test('creates a file with the declared properties and the upload’s id, and books its reservation as stored', async () => {
    const upload = await received();
    core.time.now += 5;
    const object = await core.confirmations.confirm(account, upload.id);
    expect(object).toMatchObject({
      ...{ id: upload.id, key: upload.key, publicId: upload.publicId, name: 'photo.jpg', size: 100 },
      ...{ createdAt: core.time.now, updatedAt: core.time.now, expiresAt: null, downloads: 0 },
    });
    expect(await core.objects.find(account, upload.id)).toEqual(object);
    expect(await core.usage(account)).toEqual({ ...nothingUsed, storedBytes: 100, storedObjects: 1 });
  });

  test('works once, also for a hundred concurrent calls', async () => {
    const upload = await received();
    const all = await Promise.allSettled(
      Array.from({ length: 100 }, () => core.confirmations.confirm(account, upload.id)),
    );
    expect(fulfilled(all)).toHaveLength(1);
    for (const each of all)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'upload_not_found' });
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('upload_not_found');
    expect(await core.usage(account)).toEqual({ ...nothingUsed, storedBytes: 100, storedObjects: 1 });
  });

  test('before the PUT is not_uploaded, and works after it', async () => {
    const { upload, target } = await core.reserve(account);
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('not_uploaded');
    await core.put(target, bytes(100));
    expect((await core.confirmations.confirm(account, upload.id)).size).toBe(100);
  });

  test('of an expired, unknown or aborted upload, or another account’s, reveals nothing', async () => {
    const [upload, aborted] = [await received(), await received()];
    const other = await core.guest();
    await core.uploads.abort(account, aborted.id);
    for (const [of, id] of [
      [other, upload.id],
      [account, 'unknown'],
      [account, ''],
      [account, aborted.id],
    ] as const)
      expect(await codeOf(() => core.confirmations.confirm(of, id))).toBe('upload_not_found');
    core.time.now += hour;
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('upload_not_found');
    core.time.now -= 1;
    expect((await core.confirmations.confirm(account, upload.id)).id).toBe(upload.id);
  });

  test('of a hundred uploads at once, next to a hundred reservations, stays within the quota', async () => {
    await core.plans.set('guest', { maxStoredBytes: 15_000, maxObjects: 150 });
    const guest = await core.guest();
    const uploads = await Promise.all(Array.from({ length: 100 }, () => received(guest)));
    const all = await Promise.allSettled(
      uploads.flatMap(({ id }) => [core.confirmations.confirm(guest, id), core.reserve(guest)]),
    );
    expect(fulfilled(all)).toHaveLength(150);
    const usage = { storedBytes: 10_000, storedObjects: 100, reservedBytes: 5000, reservedObjects: 50 };
    expect(await core.usage(guest)).toEqual(usage);
  });

  test('gives a file the requested expiry, or else its account’s', async () => {
    const guest = await core.guest();
    const expiryTime = new Date(core.time.now + 5000).toISOString();
    expect((await core.file(guest, bytes(10), { expiryTime })).expiresAt).toBe(core.time.now + 5000);
    expect((await core.file(guest, bytes(10))).expiresAt).toBe(guest.expiresAt);
    expect((await core.file(account, bytes(10))).expiresAt).toBeNull();
  });

  test('that runs while its guest account is claimed creates a file that lasts as long as the account', async () => {
    const { account: guest, claim } = await core.accounts.createGuest();
    const upload = await received(guest);
    await core.accounts.claim(claim, 'ada@example.com');
    // The caller has the account as it was when the request arrived.
    const object = await core.confirmations.confirm(guest, upload.id);
    expect(object.expiresAt).toBeNull();
  });

  test('can replace the metadata of the reservation, also with none', async () => {
    for (const [given, expected] of [
      [undefined, { a: 1 }],
      [{ b: 2 }, { b: 2 }],
      [null, null],
    ] as const) {
      const { upload, target } = await core.reserve(account, { metadata: { a: 1 } });
      await core.put(target, bytes(100));
      const object = await core.confirmations.confirm(account, upload.id, { metadata: given });
      expect(object.metadata).toEqual(expected);
    }
  });
});

describe('an event', () => {
  async function routeWithWebhook() {
    const options = { maxSize: 1000, types: [], webhookUrl: 'https://example.com/hook' };
    const { webhook } = await core.fileRoutes.create(account, 'route', options);
    return webhook?.id ?? '';
  }

  test('contains the stored file, and is reported once it is in the outbox', async () => {
    const webhookId = await routeWithWebhook();
    const upload = await received();
    let announced: ConfirmedObject | undefined;
    const object = await core.confirmations.confirm(account, upload.id, {
      metadata: { a: 1 },
      event: (about) => {
        announced = about;
        return {
          id: 'event',
          webhookId,
          event: 'upload.completed',
          subject: null,
          body: '{"a":1}',
          createdAt: core.time.now,
        };
      },
    });
    const { position: _, isText: __, expiresAt: ___, ...stored } = object;
    expect(announced).toMatchObject(stored);
    expect(core.stores.entered.times).toBe(1);
    const due = await claimDue(core.stores.outbox, core.time.now, 1);
    expect(due).toMatchObject([{ id: 'event', webhookId, body: '{"a":1}' }]);
  });

  test('is not reported without a webhook, nor for a failed confirmation', async () => {
    const webhookId = await routeWithWebhook();
    const event = () => ({
      id: 'e',
      webhookId,
      event: 'x',
      subject: null,
      body: '{}',
      createdAt: core.time.now,
    });
    await core.confirmations.confirm(account, (await received()).id, { event: () => undefined });
    const { upload } = await core.reserve(account);
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id, { event }))).toBe(
      'not_uploaded',
    );
    expect(core.stores.entered.times).toBe(0);
    expect(await hasWaiting(core.stores.outbox)).toBe(false);
  });
});

describe('an upload in parts', () => {
  async function reserveParts(size = 2 * partSize + 7) {
    const { upload, parts } = await core.uploads.reserveInParts(account, someFile({ size }));
    const put = (number: number, seed = number) => {
      const target = parts[number - 1]?.target;
      if (target === undefined) throw new Error('no such part');
      return core.put(target, bytes(number < parts.length ? partSize : size % partSize || partSize, seed));
    };
    return { upload, put };
  }
  const named = (etags: string[]) => etags.map((etag, index) => ({ number: index + 1, etag }));

  test('becomes a file of its parts in order, in whatever order they arrived', async () => {
    const { upload, put } = await reserveParts();
    const [third, first, second] = [await put(3), await put(1), await put(2)];
    const object = await core.confirmations.complete(
      account,
      upload.id,
      named([first, `"${second}"`, third]),
    );
    expect(object.size).toBe(2 * partSize + 7);
    const whole = Buffer.concat([bytes(partSize, 1), bytes(partSize, 2), bytes(7, 3)]);
    expect(whole.equals(await bytesIn(await core.objects.open(object)))).toBe(true);
    const range = { start: partSize - 2, end: partSize + 1 };
    expect(await bytesIn(await core.objects.open(object, range))).toEqual(
      new Uint8Array(whole.subarray(range.start, range.end + 1)),
    );
    expect(await core.usage(account)).toEqual({ ...nothingUsed, storedBytes: object.size, storedObjects: 1 });
    await core.objects.remove(object);
    await core.sweeper.run();
    expect(await core.held()).toEqual(nothingHeld);
    expect(await codeOf(() => core.confirmations.complete(account, upload.id, named(['a', 'b', 'c'])))).toBe(
      'upload_not_found',
    );
  });

  test('needs all of its parts, in order, with their ETags, and can still be completed after an error', async () => {
    const { upload, put } = await reserveParts(partSize + 7);
    const complete = (parts: { number: number; etag: string }[]) =>
      core.confirmations.complete(account, upload.id, parts);
    const first = await put(1);
    expect(await codeOf(() => complete(named([first, 'x'])))).toBe('not_uploaded');
    const second = await put(2);
    const [one, two] = [
      { number: 1, etag: first },
      { number: 2, etag: second },
    ];
    for (const parts of [
      [],
      [one],
      [two, one],
      [one, one],
      [one, two, { number: 3, etag: 'x' }],
      [one, { number: 3, etag: second }],
    ])
      expect(await failureOf(() => complete(parts))).toMatchObject({ code: 'invalid', field: 'parts' });
    for (const etags of [
      [first, first],
      [second, first],
      [first, ''],
    ])
      expect(await failureOf(() => complete(named(etags)))).toMatchObject({
        code: 'invalid',
        field: 'parts',
      });
    const replaced = await put(2, 9);
    expect(await failureOf(() => complete([one, two]))).toMatchObject({ code: 'invalid', field: 'parts' });
    expect((await complete([one, { number: 2, etag: replaced }])).size).toBe(partSize + 7);
  });

  test('whose part is replaced during its completion fails, and can be completed with the new one', async () => {
    const { upload, put } = await reserveParts(10);
    const first = await put(1);
    let second = '';
    const { uploads } = core.stores;
    const list = spyOn(uploads, 'parts').mockImplementationOnce(async (id) => {
      const stored = await uploads.parts(id);
      second = await put(1, 7);
      return stored;
    });
    const complete = (etag: string) => core.confirmations.complete(account, upload.id, named([etag]));
    expect(await failureOf(() => complete(first))).toMatchObject({ code: 'invalid', field: 'parts' });
    list.mockRestore();
    expect((await complete(second)).size).toBe(10);
  });

  test('is completed once, also for ten concurrent calls', async () => {
    const { upload, put } = await reserveParts(10);
    const etag = await put(1);
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => core.confirmations.complete(account, upload.id, named([etag]))),
    );
    expect(fulfilled(all)).toHaveLength(1);
    expect(await core.usage(account)).toEqual({ ...nothingUsed, storedBytes: 10, storedObjects: 1 });
  });

  test('cannot be confirmed, as a single upload cannot be completed, nor by another account', async () => {
    const { upload, put } = await reserveParts(10);
    const etag = await put(1);
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('not_uploaded');
    const other = await core.guest();
    const whole = await received();
    for (const [of, id] of [
      [other, upload.id],
      [account, whole.id],
    ] as const)
      expect(await codeOf(() => core.confirmations.complete(of, id, named([etag])))).toBe('upload_not_found');
  });

  test('without bytes has one empty part', async () => {
    const { parts } = await core.uploads.reserveInParts(account, someFile({ size: 0 }));
    const target = parts[0]?.target;
    if (target?.kind !== 'here') throw new Error('no address');
    const etag = await core.put(target, new Uint8Array(0));
    const object = await core.confirmations.complete(account, target.uploadId, named([etag]));
    expect(await bytesIn(await core.objects.open(object))).toEqual(new Uint8Array(0));
  });
});
