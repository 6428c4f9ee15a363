import { beforeEach, describe, expect, test } from 'bun:test';
import { hashSecret } from '../../../src/core/ids.ts';
import { inlineContent, noQuota, someAccount, someConfirmation, someUpload } from '../some-object.ts';
import { openTemporaryStores, type TemporaryStores } from './temporary-stores.ts';

const now = Date.UTC(2025, 2, 1);
const account = someAccount({ claimHash: hashSecret('claim') });

let both: [TemporaryStores, TemporaryStores];
beforeEach(async () => {
  const first = openTemporaryStores();
  both = [first, openTemporaryStores(first.file)];
  await first.accounts.insert(account);
});

/** Does so many things at once, half of them through either connection, as two processes do. */
function atOnce<T>(times: number, work: (stores: TemporaryStores, time: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, time) => work(both[time % 2 ? 1 : 0], time)));
}

const usage = () => both[0].accounts.usage(account.id);

describe('two connections to one file', () => {
  test('keep one quota', async () => {
    const quota = { maxStoredBytes: 1050, maxObjects: null };
    const verdicts = await atOnce(100, ({ uploads }) => uploads.reserve(someUpload(account), quota));
    expect(verdicts.filter((verdict) => verdict === 'within')).toHaveLength(10);
    expect(await usage()).toMatchObject({ reservedBytes: 1000, reservedObjects: 10 });
  });

  test('confirm an upload once, and remove its object once', async () => {
    const upload = someUpload(account);
    await both[0].uploads.reserve(upload, noQuota);
    await both[1].uploads.receive(upload.id, inlineContent(100), now);
    const made = await atOnce(20, ({ uploads }) => uploads.confirm(upload, someConfirmation()));
    expect(made.filter((object) => object !== undefined)).toHaveLength(1);
    expect(await usage()).toMatchObject({ storedBytes: 100, storedObjects: 1, reservedBytes: 0 });
    const removed = await atOnce(20, ({ objects }) => objects.remove(upload.id, now));
    expect(removed.filter(Boolean)).toHaveLength(1);
    expect(await usage()).toMatchObject({ storedBytes: 0, storedObjects: 0 });
  });

  test('let one of many claims win', async () => {
    const owner = { email: 'ada@example.com', plan: 'free', expiresAt: null };
    const won = await atOnce(20, ({ accounts }) => accounts.claim(hashSecret('claim'), owner, now));
    expect(won.filter(Boolean)).toHaveLength(1);
  });

  test('sweep what has expired once', async () => {
    for (let n = 0; n < 30; n += 1)
      await both[0].uploads.reserve(someUpload(account, { expiresAt: now }), noQuota);
    const removed = await atOnce(10, ({ uploads }) => uploads.removeExpired(now, 7));
    expect(removed.reduce((sum, rows) => sum + rows, 0)).toBe(30);
    expect(await usage()).toMatchObject({ reservedBytes: 0, reservedObjects: 0 });
  });
});
