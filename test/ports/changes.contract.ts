import { beforeEach, describe, expect, test } from 'bun:test';
import { hashSecret, newShortId, newToken } from '../../src/core/ids.ts';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { PlanStore } from '../../src/core/ports/accounts/plan-store.ts';
import type { StoredBucket } from '../../src/core/ports/buckets/bucket-store.ts';
import type { StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import { type CachedTable, type Change, type Changes, objectRowKey } from '../../src/core/ports/changes.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  type BucketScene,
  type BucketStores,
  batchOptions,
  bucketSceneOf,
  type PutTerms,
  removalOptions,
} from './bucket-scene.ts';
import { multipartScene } from './multipart-scene.ts';
import type { Open } from './opened.ts';
import { someKey } from './some-object.ts';
import { somePayload } from './some-payload.ts';

type StoresUnderTest = BucketStores & { changes: Changes; payloads: PayloadStore; plans: PlanStore };
type Scene = BucketScene<StoresUnderTest>;
type Row = [table: CachedTable, key: string];

/** A write, and the rows that it changes. */
type Write = { write: () => Promise<unknown>; rows: Row[] };
type Case = [name: string, prepare: (scene: Scene) => Promise<Write>];

const now = Date.UTC(2025, 2, 1);
const claimant = { email: 'ada@example.org', plan: 'free', expiresAt: null };
/** Any row of a table whose changes have no key. */
const any = 'any';

const payloadWrites: Case[] = [
  ofPayload('the deletion of a payload', {}, ({ payloads }, id) => payloads.remove(id, now)),
  ofPayload('the last read of a payload', { readsLeft: 1 }, ({ payloads }, id) => payloads.takeRead(id, now)),
  ofPayload('the sweep of a payload', { expiresAt: now }, ({ payloads }) => payloads.expire(now, 10)),
];

const objectWrites: Case[] = [
  ofObject('the replacement of an object', {}, ({ putObject }) => putObject('key')),
  ofObject('the deletion of an object', {}, ({ stores, bucket }) =>
    stores.objectWrites.remove(bucket, 'key', now, removalOptions()),
  ),
  ofObject('a batch delete of objects', {}, ({ stores, bucket }) =>
    stores.objectWrites.removeMany(bucket, ['key'], now, batchOptions()),
  ),
  ofObject('the completion of an upload over an object', {}, async (scene) => {
    const { start, putPart, completeObject } = multipartScene(scene);
    const upload = await start();
    await putPart(upload, 1, 10);
    await completeObject(upload);
  }),
  ofObject('the deletion of a file', {}, ({ stores }, { id }) => stores.objects.remove(id, now)),
  ofObject('the sweep of an object', { expiresAt: now }, ({ stores }) => stores.objects.expire(now, 10)),
  ofObject('the clearing of a bucket', { expiresAt: now }, ({ stores, bucket }) =>
    stores.buckets.clear(bucket.id, now, 10, () => []),
  ),
];

const bucketWrites: Case[] = [
  ofBucket('the update of a bucket', ({ buckets }, { id }) => buckets.update(id, { isPublic: true }, now)),
  ofBucket('the removal of a bucket', ({ buckets }, { id }) => buckets.remove(id, now, () => [])),
];

const accountWrites: Case[] = [
  ofAccount('a new plan of an account', ['credentials'], ({ accounts }, { id }) =>
    accounts.setPlan(id, 'unlimited'),
  ),
  ofAccount('the claim of an account', ['credentials'], ({ accounts }, { claimHash }) =>
    accounts.claim(claimHash ?? new Uint8Array(), claimant, now),
  ),
  ofAccount('the revocation of a key', ['credentials'], ({ accounts }, _, id) => accounts.revokeKey(id, now)),
  ofAccount('the sweep of an account', ['credentials', 'buckets'], ({ accounts }) =>
    accounts.expire(now + 1, 10),
  ),
];

/** The contract of the changes that every database announces (`src/core/ports/changes.ts`). */
export function changesContract(name: string, open: Open<StoresUnderTest>): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);
    let announced: Change[];
    beforeEach(() => {
      announced = [];
      scene().stores.changes.subscribe((change) => void announced.push(change));
    });

    test.each([...payloadWrites, ...objectWrites, ...bucketWrites, ...accountWrites])(
      '%s is announced before the writer continues',
      async (_, prepare) => {
        const { write, rows } = await prepare(scene());
        announced.length = 0;
        await write();
        for (const row of rows) expect(announced.filter((change) => covers(change, row))).not.toEqual([]);
      },
    );

    test('a plan is announced, a new one too', async () => {
      const limits = { maxStoredBytes: 1, maxObjectBytes: 1, maxObjects: 1, lifetime: null };
      const plan = { name: newShortId(), ...limits };
      await scene().stores.plans.set(plan);
      expect(announced.some((change) => covers(change, ['plans', plan.name]))).toBe(true);
    });

    test('a write that is undone announces nothing', async () => {
      const { stores, bucket, putObject } = scene();
      await putObject('key');
      const { id } = await insertPayload(stores);
      stores.changes.refresh();
      announced.length = 0;
      const seal = () => ({ id: 'no such record', holder: 'nobody', sealed: new Uint8Array(1) });
      await expect(stores.payloads.remove(id, now, seal)).rejects.toThrow();
      await expect(
        stores.objectWrites.remove(bucket, 'key', now, removalOptions({ seal })),
      ).rejects.toThrow();
      expect(announced).toEqual([]);
    });
  });
}

/** The contract of databases that know what other connections change. */
export function foreignChangesContract(name: string, open: Open<StoresUnderTest>): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, 2);

    test('refresh announces the writes of another connection', async () => {
      const [stores, other = stores] = scene().connections;
      const { id } = await insertPayload(stores);
      stores.changes.refresh();
      const announced: Change[] = [];
      stores.changes.subscribe((change) => void announced.push(change));
      await other.payloads.remove(id, now);
      await waitFor('the change', () => {
        stores.changes.refresh();
        return announced.some((change) => covers(change, ['payloads', id]));
      });
    });
  });
}

/** Whether a change means that this row may have changed. */
function covers({ table, key }: Change, [changedTable, changedKey]: Row): boolean {
  return (table ?? changedTable) === changedTable && (key ?? changedKey) === changedKey;
}

async function insertPayload({ payloads }: StoresUnderTest, given: Parameters<typeof somePayload>[0] = {}) {
  const payload = somePayload(given);
  await payloads.insert(payload);
  return payload;
}

function ofPayload(
  name: string,
  given: Parameters<typeof somePayload>[0],
  write: (stores: StoresUnderTest, id: string) => Promise<unknown>,
): Case {
  return [
    name,
    async ({ stores }) => {
      const { id } = await insertPayload(stores, given);
      return { write: () => write(stores, id), rows: [['payloads', id]] };
    },
  ];
}

function ofObject(
  name: string,
  terms: PutTerms,
  write: (scene: Scene, object: StoredObject) => Promise<unknown>,
): Case {
  return [
    name,
    async (scene) => {
      const object = await scene.putObject('key', terms);
      return { write: () => write(scene, object), rows: [['objects', objectRowKey(scene.bucket.id, 'key')]] };
    },
  ];
}

function ofBucket(
  name: string,
  write: (stores: StoresUnderTest, bucket: StoredBucket) => Promise<unknown>,
): Case {
  return [
    name,
    async ({ stores, bucket }) => ({ write: () => write(stores, bucket), rows: [['buckets', bucket.name]] }),
  ];
}

function ofAccount(
  name: string,
  tables: CachedTable[],
  write: (stores: StoresUnderTest, account: NewAccount, keyId: string) => Promise<unknown>,
): Case {
  return [
    name,
    async ({ stores, insertAccount, insertBucket }) => {
      const account = await insertAccount({ claimHash: hashSecret(newToken()), expiresAt: now + 1 });
      const key = someKey(account.id);
      await stores.accounts.insertKey(key);
      await insertBucket({ accountId: account.id });
      return { write: () => write(stores, account, key.id), rows: tables.map((table) => [table, any]) };
    },
  ];
}
