import { beforeEach, describe, expect, test } from 'bun:test';
import { Plans } from '../../src/core/accounts/plans.ts';
import { Reservations } from '../../src/core/files/reservations.ts';
import { OutcomeUnknown } from '../../src/core/outcome-unknown.ts';
import { maxPayloadParts, PayloadUploads } from '../../src/core/payloads/payload-uploads.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { DirectUploads } from '../../src/core/ports/files/direct-uploads.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import { Signer } from '../../src/core/signing.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { failureOf } from './failure-of.ts';
import { bytes, type FileCore, hour, maxUploadTime, nothingHeld, openFileCore } from './file-core.ts';
import { idempotencyOn } from './one-node.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
const settings = {
  presignTtl: hour,
  defaultTtl: 24 * hour,
  maxTtl: 48 * hour,
  maxPayloadSize: 10 * mebibyte,
  maxAnonymousSize: 1024 * gibibyte,
};

let core: FileCore;
let uploads: PayloadUploads;
beforeEach(async () => {
  core = await openFileCore();
  uploads = uploadsOver(core.stores);
});

function uploadsOver(stores: ReturnType<typeof openTemporaryStores>, direct?: DirectUploads): PayloadUploads {
  const { placement, time } = core;
  const { clock, timers } = time;
  const signer = new Signer('the secret of this test');
  return new PayloadUploads({
    settings,
    stores: { ...stores, direct, plans: new Plans(stores.plans) },
    reservations: new Reservations({
      store: stores.uploads,
      direct,
      placement,
      maxUploadTime,
      signer,
      clock,
      timers,
    }),
    placement,
    clock,
  });
}

async function begin(size: number, given = {}, owner: StoredAccount | null = null) {
  const result = await uploads.begin({ size, mediaType: 'image/jpeg', ...given }, owner);
  return { result, parts: await uploads.partTargets(result) };
}

/** Begins, PUTs and completes a payload of one part. */
async function completed(content: Uint8Array, given = {}, owner: StoredAccount | null = null) {
  const { result, parts } = await begin(content.length, given, owner);
  const [part] = parts;
  if (part === undefined) throw new Error('no part');
  const etag = await core.put(part.target, content);
  return { id: result.id, named: [{ number: 1, etag }] };
}

describe('parts', () => {
  test.each([
    [1, 5, 1],
    [5 * mebibyte, 5, 1],
    [5 * mebibyte + 1, 5, 2],
    [5000 * mebibyte, 5, 1000],
    [5000 * mebibyte + 1, 6, 834],
    [512 * gibibyte, 525, 999],
  ])('of %d bytes have %d MiB each, and are %d', async (size, each, count) => {
    const { result, parts } = await begin(size);
    expect([result.partSize, parts.length]).toEqual([each * mebibyte, count]);
    expect(parts.length).toBeLessThanOrEqual(maxPayloadParts);
  });
});

describe('if clients can write parts to the blob store', () => {
  test('only those of accounts that the operator created go there', async () => {
    const direct: Pick<DirectUploads, 'startParts' | 'presignPart'> = {
      startParts: async () => 'an upload',
      presignPart: async () => 'https://store.example/part',
    };
    const beside = uploadsOver(core.stores, direct as DirectUploads);
    const ways = [];
    for (const owner of [await core.account(), await core.guest(), null]) {
      const upload = await beside.begin({ size: 10, mediaType: 'image/jpeg' }, owner);
      const [part] = await beside.partTargets(upload);
      ways.push(part?.target.kind);
    }
    expect(ways).toEqual(['direct', 'here', 'here']);
  });
});

test('a repeated begin with an Idempotency-Key is replayed for an account', async () => {
  const owner = await core.account();
  const { clock, timers } = core.time;
  const idempotency = idempotencyOn(core.stores.idempotency, { clock, timers });
  const request = { scope: 'x', key: 'deploy-512', identity: 'POST' };
  const once = () =>
    idempotency.once(request, (seal) => uploads.begin({ size: 10, mediaType: 'image/jpeg' }, owner, seal));
  const first = await once();
  expect([first.replayed, await once()]).toEqual([false, { ...first, replayed: true }]);
});

/** The completion of uploads over a store with some of its methods replaced. */
function completionsOver(replaced: Partial<UploadStore>): PayloadUploads {
  const store = core.stores.uploads;
  const given = {
    find: store.find.bind(store),
    parts: store.parts.bind(store),
    completePayload: store.completePayload.bind(store),
    ...replaced,
  };
  return uploadsOver({ ...core.stores, uploads: given as unknown as typeof store });
}

describe('an upload', () => {
  test('can be completed until its expiry, to the millisecond', async () => {
    const [first, second] = [await completed(bytes(10)), await completed(bytes(10))];
    core.time.now += hour - 1;
    expect((await uploads.complete(first.id, first.named)).id).toMatch(/^[0-9a-f]{32}$/);
    core.time.now += 1;
    for (const work of [() => uploads.complete(second.id, second.named), () => uploads.abort(second.id)])
      expect((await failureOf(work)).code).toBe('upload_not_found');
    expect(await core.sweeper.run()).toMatchObject({ uploads: 1, blobs: 1, failures: 0 });
    expect(await core.held()).toMatchObject({ files: 1, uploads: 0, parts: 1, records: 0, blobBytes: 10 });
    core.time.now += 48 * hour;
    expect(await core.sweeper.run()).toMatchObject({ payloads: 1, blobs: 1 });
    expect(await core.held()).toEqual(nothingHeld);
  });

  test.each([
    [{}, 24 * hour],
    [{ ttl: '10m' }, 600_000],
    [{ ttl: '48h' }, 48 * hour],
  ])('with %j creates a payload that expires %d ms after its completion', async (terms, life) => {
    const { id, named } = await completed(bytes(10), terms);
    core.time.now += hour / 2;
    const result = await uploads.complete(id, named);
    expect(result.expiresAt - core.time.now).toBe(life);
  });

  test('with an absolute expiry of its payload keeps it, however late it is completed', async () => {
    const end = core.time.now + hour / 2;
    const { id, named } = await completed(bytes(10), { expiryTime: new Date(end).toISOString() });
    core.time.now = end - 1;
    const result = await uploads.complete(id, named);
    expect(result.expiresAt).toBe(end);
    expect((await core.stores.payloads.find(result.id))?.expiresAt).toBe(end);
  });

  test('of an account creates a payload that expires with the account at the latest', async () => {
    const guest = await core.guest();
    const end = guest.expiresAt ?? 0;
    core.time.now = end - 2 * hour;
    const { id, named } = await completed(bytes(10), { ttl: '110m' }, guest);
    core.time.now += hour / 2;
    const result = await uploads.complete(id, named);
    expect(result.expiresAt).toBe(end);
    expect((await core.stores.payloads.find(result.id))?.expiresAt).toBe(end);
  });

  test('of an account expires with the account at the latest', async () => {
    const guest = await core.guest();
    core.time.now = (guest.expiresAt ?? 0) - hour / 2;
    const { result } = await begin(10, { ttl: '10m' }, guest);
    expect(result.expiresAt).toBe(guest.expiresAt ?? 0);
  });

  test.each(['answer', 'call'])('is completed once if the first %s to the store is lost', async (lost) => {
    const { id, named } = await completed(bytes(10));
    let calls = 0;
    const lossy = completionsOver({
      completePayload: async (...given) => {
        calls += 1;
        if (calls === 1 && lost === 'call') throw new OutcomeUnknown();
        const outcome = await core.stores.uploads.completePayload(...given);
        if (calls === 1) throw new OutcomeUnknown();
        return outcome;
      },
    });
    const result = await lossy.complete(id, named);
    expect((await core.stores.payloads.find(result.id))?.expiresAt).toBe(result.expiresAt);
    expect(calls).toBe(2);
    expect((await failureOf(() => lossy.complete(id, named))).code).toBe('upload_not_found');
  });

  test('whose part is replaced during its completion fails, and can be completed with the new one', async () => {
    const { result, parts } = await begin(10);
    const [part] = parts;
    if (part === undefined) throw new Error('no part');
    const named = [{ number: 1, etag: await core.put(part.target, bytes(10)) }];
    const slow = completionsOver({
      parts: async (id) => {
        const stored = await core.stores.uploads.parts(id);
        named.push({ number: 1, etag: await core.put(part.target, bytes(10, 7)) });
        return stored;
      },
    });
    expect(await failureOf(() => slow.complete(result.id, named.slice(0, 1)))).toMatchObject({
      code: 'invalid',
      field: 'parts',
    });
    expect((await uploads.complete(result.id, named.slice(1))).id).toMatch(/^[0-9a-f]{32}$/);
  });

  test('has an id that others of the same millisecond do not reveal', async () => {
    const ids = [];
    for (let count = 0; count < 5; count += 1) ids.push((await begin(10)).result.id);
    // The random digits of a ULID. A monotonic one would have the same digits except for the last few.
    expect(new Set(ids.map((id) => id.slice(10, 18))).size).toBe(ids.length);
  });

  test('of a file is not found, and an account does not find one of a payload', async () => {
    const account = await core.account();
    const { upload } = await core.reserve(account);
    const { result } = await begin(10);
    for (const id of [upload.id, '', 'unknown'])
      expect((await failureOf(() => uploads.abort(id))).code).toBe('upload_not_found');
    expect((await failureOf(() => core.uploads.abort(account, result.id))).code).toBe('upload_not_found');
  });
});

describe('the account of anonymous callers', () => {
  test('is created once, also by several concurrent processes, and is not found by lists and names', async () => {
    const others = Array.from({ length: 3 }, () => uploadsOver(openTemporaryStores(core.stores.file)));
    await Promise.all(
      [uploads, ...others, uploads].map((each) => each.begin({ size: 10, mediaType: 'image/jpeg' })),
    );
    expect(await core.accounts.list()).toEqual([]);
    expect(await core.accounts.listKeys()).toEqual([]);
    expect((await failureOf(() => core.accounts.named('strangers'))).code).toBe('not_found');
    await core.accounts.createKey('storage', 'strangers');
    const [named] = await core.accounts.list();
    expect(named).toMatchObject({ name: 'strangers', reservedBytes: 0 });
    expect(await core.stores.accounts.usage('strangers')).toMatchObject({ reservedBytes: 50 });
  });

  test('has no quota under any plan', async () => {
    await core.plans.set('unlimited', { maxStoredBytes: 1, maxObjects: 1, maxObjectBytes: 1 });
    for (let count = 0; count < 3; count += 1) await begin(1000);
    expect(await core.held()).toMatchObject({ uploads: 3 });
  });
});
