import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import { Sweeper } from '../../src/core/operation/sweeper.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';
import { DiskBlobStore } from '../../src/stores/blobs/disk.ts';
import { someBlobPayload, somePayload } from '../ports/some-payload.ts';
import { openTemporaryStores, type TemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { FailingBlobs } from './failing-blobs.ts';
import { SettableTime } from './settable-time.ts';

let time: SettableTime;
let stores: TemporaryStores;
let blobs: FailingBlobs;
let sweeper: Sweeper;

beforeEach(async () => {
  time = new SettableTime();
  stores = openTemporaryStores();
  blobs = new FailingBlobs(await DiskBlobStore.open(temporaryDirectory('blobs')));
  sweeper = sweeperOver({});
});

function sweeperOver(replaced: Partial<ConstructorParameters<typeof Sweeper>[0]>): Sweeper {
  return new Sweeper({ ...stores, blobs, ...replaced }, time.clock, time.timers);
}

/** The real store, with a look at each batch of the sweep. `took` is how long each takes (ms). */
function batchesOf(took: number): { budgets: number[]; payloads: PayloadStore } {
  const budgets: number[] = [];
  const payloads = Object.create(stores.payloads, {
    expire: {
      value: (now: number, budget: number) => {
        budgets.push(budget);
        time.now += took;
        return stores.payloads.expire(now, budget);
      },
    },
  }) as PayloadStore;
  return { budgets, payloads };
}

async function addPayloads(count: number, expiresAt: number): Promise<string[]> {
  const rows = Array.from({ length: count }, () => somePayload({ expiresAt }));
  await Promise.all(rows.map((row) => stores.payloads.insert(row)));
  return rows.map(({ id }) => id);
}

async function addBlob(expiresAt: number): Promise<string> {
  const key = newHashId();
  await stores.journal.reserve(key, time.now, 60_000);
  await blobs.write(key, [Buffer.from('some bytes')] as unknown as AsyncIterable<Uint8Array>);
  await stores.payloads.insert(someBlobPayload(key, { expiresAt }));
  return key;
}

async function rows(): Promise<number> {
  return (stores.connection.raw.prepare('SELECT count(*) AS count FROM payloads').get() as { count: number })
    .count;
}

describe('a sweep', () => {
  test('removes what has expired, to the millisecond, and nothing else', async () => {
    const [expired] = await addPayloads(1, time.now);
    const [alive] = await addPayloads(1, time.now + 1);
    const report = await sweeper.run();
    expect(report.payloads).toBe(1);
    expect(await stores.payloads.find(expired ?? '')).toBeUndefined();
    expect(await stores.payloads.find(alive ?? '')).toBeDefined();
  });

  test('removes blobs with their rows, and reports what it did', async () => {
    await addPayloads(3, time.now - 5);
    const expired = [await addBlob(time.now - 1), await addBlob(time.now)];
    const alive = await addBlob(time.now + 1);
    expect(await sweeper.run()).toEqual({
      payloads: 5,
      objects: 0,
      uploads: 0,
      accounts: 0,
      deliveries: 0,
      blobs: 2,
      failures: 0,
      idempotencyRecords: 0,
      milliseconds: 0,
    });
    for (const key of expired) await expect(blobs.open(key)).rejects.toThrow('blob missing');
    expect(await new Response(await blobs.open(alive)).text()).toBe('some bytes');
    expect(await stores.journal.count()).toBe(0);
  });

  test('removes idempotency records that have expired', async () => {
    const record = { fingerprint: 'f', holder: 'h', answer: null };
    await stores.idempotency.claim({ ...record, id: 'expired', expiresAt: time.now }, time.now - 1, 1);
    await stores.idempotency.claim({ ...record, id: 'alive', expiresAt: time.now + 1 }, time.now - 1, 1);
    expect((await sweeper.run()).idempotencyRecords).toBe(1);
    const left = stores.connection.raw.prepare('SELECT id FROM idempotency_records').all();
    expect(left).toEqual([{ id: 'alive' }]);
  });

  test('removes blobs whose rows were deleted by a reader or a client', async () => {
    const key = newHashId();
    await stores.journal.reserve(key, time.now, 60_000);
    const row = someBlobPayload(key);
    await stores.payloads.insert(row);
    await stores.payloads.remove(row.id, time.now);
    expect((await sweeper.run()).blobs).toBe(1);
    expect(blobs.removals).toEqual([key]);
  });

  test('does not affect writers during their lease, and removes what they left afterwards', async () => {
    const key = newHashId();
    await stores.journal.reserve(key, time.now, 60_000);
    time.now += 59_999;
    expect((await sweeper.run()).blobs).toBe(0);
    time.now += 1;
    expect((await sweeper.run()).blobs).toBe(1);
    expect(await stores.journal.count()).toBe(0);
  });

  test('after an outage leaves what writers hold until they could renew their leases, and removes the rest', async () => {
    await stores.journal.reserve('of a writer', time.now - 60_000, 60_000);
    await stores.journal.discard('removed', time.now);
    let leasesEndedBy = 0;
    const waiting = sweeperOver({ leasesEndedBy: () => leasesEndedBy });
    expect((await waiting.run()).blobs).toBe(1);
    expect([...(await stores.journal.known(['of a writer', 'removed']))]).toEqual(['of a writer']);
    leasesEndedBy = time.now;
    expect((await waiting.run()).blobs).toBe(1);
  });

  test('without anything expired does nothing', async () => {
    expect(await sweeper.run()).toMatchObject({ payloads: 0, blobs: 0, failures: 0, idempotencyRecords: 0 });
  });
});

describe('batches', () => {
  test('grow while they are fast, up to a maximum', async () => {
    await addPayloads(1500, time.now);
    const { budgets, payloads } = batchesOf(0);
    expect((await sweeperOver({ payloads }).run()).payloads).toBe(1500);
    expect(budgets).toEqual([8, 16, 32, 64, 128, 256, 256, 256, 256, 256]);
  });

  test('stay small while they are slow, with a pause after each', async () => {
    await addPayloads(30, time.now);
    const { budgets, payloads } = batchesOf(40);
    await sweeperOver({ payloads }).run();
    expect(budgets).toEqual([8, 8, 8, 8]);
    expect(time.rests.slice(0, 3)).toEqual([10, 10, 10]);
  });

  test('remove what expired first, some thousands together', async () => {
    const later = await addPayloads(20, time.now - 1);
    await addPayloads(5000, time.now - 1000);
    time.onRest = () => void sweeper.stop();
    const { payloads } = await sweeper.run();
    expect(payloads).toBeGreaterThan(0);
    expect(await rows()).toBe(5020 - payloads);
    for (const id of later) expect(await stores.payloads.find(id)).toBeDefined();
  });

  test('contain only what had expired when the sweep began, so that it ends while more expires', async () => {
    await addPayloads(20, time.now);
    await addPayloads(500, time.now + 1);
    time.onRest = () => {
      time.now += 100;
    };
    expect((await sweeper.run()).payloads).toBe(20);
    expect((await sweeper.run()).payloads).toBe(500);
  });
});

describe('running and stopping', () => {
  test('a second call joins the running sweep', async () => {
    await addPayloads(100, time.now);
    const first = sweeper.run();
    const second = sweeper.run();
    expect(second).toBe(first);
    expect((await second).payloads).toBe(100);
    expect(sweeper.run()).not.toBe(first);
  });

  test('a sweep runs again after a failed one', async () => {
    const failing = Object.create(stores.payloads, {
      expire: { value: () => Promise.reject(new Error('away')), configurable: true },
    }) as PayloadStore;
    const stubborn = sweeperOver({ payloads: failing });
    await expect(stubborn.run()).rejects.toThrow('away');
    await addPayloads(1, time.now);
    Object.defineProperty(failing, 'expire', {
      value: (now: number, budget: number) => stores.payloads.expire(now, budget),
    });
    expect((await stubborn.run()).payloads).toBe(1);
  });

  test('stopping lets the running batch finish and starts no other', async () => {
    await addPayloads(1000, time.now);
    const { budgets, payloads } = batchesOf(0);
    const stopped = sweeperOver({ payloads });
    const run = stopped.run();
    await stopped.stop();
    expect((await run).payloads).toBe(8);
    expect(budgets).toEqual([8]);
    expect(await rows()).toBe(992);
  });

  test('stopping when nothing runs is fine', async () => {
    await sweeper.stop();
    expect((await sweeper.run()).payloads).toBe(0);
  });

  test('two concurrent sweepers share the work and do none of it twice', async () => {
    await addPayloads(300, time.now);
    for (let n = 0; n < 100; n += 1) await addBlob(time.now);
    const other = openTemporaryStores(stores.file);
    const reports = await Promise.all([sweeper.run(), sweeperOver({ ...other, blobs }).run()]);
    expect(reports[0].payloads + reports[1].payloads).toBe(400);
    expect(reports[0].blobs + reports[1].blobs).toBe(100);
    expect(new Set(blobs.removals).size).toBe(100);
    expect(blobs.removals.length).toBe(100);
    other.close();
  });
});

describe('an unavailable blob store', () => {
  test('delays the removal of no row', async () => {
    await addBlob(time.now);
    blobs.away = true;
    expect(await sweeper.run()).toMatchObject({ payloads: 1, blobs: 0, failures: 1 });
    expect(await rows()).toBe(0);
  });

  test('is retried after a second, then after twice as long each time, at most five minutes', async () => {
    await addBlob(time.now);
    blobs.away = true;
    await sweeper.run();
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      time.now += seconds * 1000 - 1;
      expect((await sweeper.run()).failures).toBe(0);
      time.now += 1;
      expect((await sweeper.run()).failures).toBe(1);
    }
    blobs.away = false;
    time.now += 300_000;
    expect(await sweeper.run()).toMatchObject({ blobs: 1, failures: 0 });
    expect(await stores.journal.count()).toBe(0);
  });

  test('is not called repeatedly within one sweep', async () => {
    for (let n = 0; n < 100; n += 1) await addBlob(time.now);
    blobs.away = true;
    const report = await sweeper.run();
    expect(report.payloads).toBe(100);
    expect(report.failures).toBe(32);
    expect(blobs.removals.length).toBe(32);
  });

  test('has everything removed once it is available again', async () => {
    for (let n = 0; n < 100; n += 1) await addBlob(time.now);
    blobs.away = true;
    await sweeper.run();
    blobs.away = false;
    time.now += 1000;
    expect((await sweeper.run()).blobs).toBe(100);
    expect(await stores.journal.count()).toBe(0);
  });
});

describe('lag', () => {
  test('is the time since the earliest expiry that was not swept', async () => {
    expect(await sweeper.lag()).toBe(0);
    await addPayloads(1, time.now + 1000);
    await addPayloads(1, time.now + 5000);
    expect(await sweeper.lag()).toBe(0);
    time.now += 3500;
    expect(await sweeper.lag()).toBe(2500);
    await sweeper.run();
    expect(await sweeper.lag()).toBe(0);
  });
});
