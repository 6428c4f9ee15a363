import { beforeEach, describe, expect, test } from 'bun:test';
import { newShortId } from '../../src/core/ids.ts';
import type { PlanStore } from '../../src/core/ports/accounts/plan-store.ts';
import { type Change, type Changes, objectRowKey } from '../../src/core/ports/changes.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';
import { waitFor } from '../support/wait-for.ts';
import { type BucketStores, newObject, now, removalOptions, writeOptions } from './bucket-scene.ts';
import { type Open, openedForSuite } from './opened.ts';
import { inlineContent, noQuota, someAccount, someKey } from './some-object.ts';
import { somePayload } from './some-payload.ts';

type StoresUnderTest = BucketStores & { changes: Changes; payloads: PayloadStore; plans: PlanStore };

/** Whether a change means that this row may have changed. */
function covers({ table, key }: Change, changed: Required<Change>): boolean {
  return (table ?? changed.table) === changed.table && (key ?? changed.key) === changed.key;
}

/** The contract of the changes that every database announces (`src/core/ports/changes.ts`). */
export function changesContract(name: string, open: Open<StoresUnderTest>): void {
  describe(name, () => {
    const connections = openedForSuite(open, 2);
    let stores: StoresUnderTest;
    let other: StoresUnderTest;
    let announced: Change[];
    beforeEach(() => {
      const [first, second] = connections();
      if (second === undefined) throw new Error('the suite opens two connections');
      [stores, other] = [first, second];
      announced = [];
      stores.changes.subscribe((change) => void announced.push(change));
    });

    async function insertBucket() {
      const account = someAccount({ plan: 'free' });
      const key = someKey(account.id);
      await stores.accounts.insert(account, key);
      const made = { id: newShortId(), accountId: account.id, name: `bucket-${newShortId()}` };
      const bucket = { ...made, isPublic: false, defaultTtl: null, createdAt: now };
      await stores.buckets.insert(bucket, 10);
      const object = newObject({ bucket, key: 'key' });
      const put = () => stores.objectWrites.put(object, inlineContent(10), noQuota, writeOptions());
      await put();
      return { account, key, bucket, put };
    }

    async function insertPayload(given: Parameters<typeof somePayload>[0] = {}) {
      const payload = somePayload(given);
      await stores.payloads.insert(payload);
      return payload;
    }

    const expectAnnounced = (table: Change['table'] & string, key: string) =>
      expect(announced.some((change) => covers(change, { table, key }))).toBe(true);

    test('a payload that is deleted or removed by the sweep is announced before the writer continues', async () => {
      const [deleted, expired] = [await insertPayload(), await insertPayload({ expiresAt: now })];
      await stores.payloads.remove(deleted.id, now);
      expectAnnounced('payloads', deleted.id);
      await stores.payloads.expire(now, 10);
      expectAnnounced('payloads', expired.id);
    });

    test('an object that is replaced or deleted is announced', async () => {
      const { bucket, put } = await insertBucket();
      const write = [put, () => stores.objectWrites.remove(bucket, 'key', now, removalOptions())];
      for (const each of write) {
        announced.length = 0;
        await each();
        expectAnnounced('objects', objectRowKey(bucket.id, 'key'));
      }
    });

    test('a bucket that is updated or removed is announced', async () => {
      const { bucket } = await insertBucket();
      await stores.buckets.update(bucket.id, { isPublic: true }, now);
      expectAnnounced('buckets', bucket.name);
      await stores.objectWrites.remove(bucket, 'key', now, removalOptions());
      announced.length = 0;
      await stores.buckets.remove(bucket.id, now, () => []);
      expectAnnounced('buckets', bucket.name);
    });

    test('every change of a credential is announced', async () => {
      const { account, key } = await insertBucket();
      const writes = [
        () => stores.accounts.touchKeys([{ id: key.id, lastUsedAt: now }]),
        () => stores.accounts.setPlan(account.id, 'unlimited'),
        () => stores.accounts.claim(account.claimHash ?? new Uint8Array(), claimant, now),
        () => stores.accounts.revokeKey(key.id, now),
      ];
      for (const write of writes) {
        announced.length = 0;
        await write();
        expectAnnounced('credentials', 'any');
      }
    });

    test('a plan is announced, a new one too', async () => {
      const plan = {
        name: newShortId(),
        maxStoredBytes: 1,
        maxObjectBytes: 1,
        maxObjects: 1,
        lifetime: null,
      };
      await stores.plans.set(plan);
      expectAnnounced('plans', plan.name);
    });

    test('a write that is undone announces nothing', async () => {
      const { bucket } = await insertBucket();
      const { id } = await insertPayload();
      stores.changes.refresh();
      announced.length = 0;
      const seal = () => ({ id: 'no such record', holder: 'nobody', sealed: new Uint8Array(1) });
      await expect(stores.payloads.remove(id, now, seal)).rejects.toThrow();
      await expect(
        stores.objectWrites.remove(bucket, 'key', now, removalOptions({ seal })),
      ).rejects.toThrow();
      expect(announced).toEqual([]);
    });

    test('refresh announces the writes of another connection', async () => {
      const { id } = await insertPayload();
      stores.changes.refresh();
      await other.payloads.remove(id, now);
      announced.length = 0;
      await waitFor('the change', () => {
        stores.changes.refresh();
        return announced.some((change) => covers(change, { table: 'payloads', key: id }));
      });
    });
  });
}

const claimant = { email: 'ada@example.org', plan: 'free', expiresAt: null };
