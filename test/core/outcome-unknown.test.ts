import { beforeEach, describe, expect, test } from 'bun:test';
import { Failure, storeAway } from '../../src/core/failure.ts';
import { Reservations } from '../../src/core/files/reservations.ts';
import type { Idempotency } from '../../src/core/idempotency.ts';
import { OutcomeUnknown } from '../../src/core/outcome-unknown.ts';
import type { Payloads } from '../../src/core/payloads/payloads.ts';
import type { DirectUploads } from '../../src/core/ports/files/direct-uploads.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import type { Answer, IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';
import { Signer } from '../../src/core/signing.ts';
import { noQuota, someAccount, someUpload } from '../ports/some-object.ts';
import { payloadsOver } from '../support/payloads-over.ts';
import { failureOf } from './failure-of.ts';
import { idempotencyOn } from './one-node.ts';
import { inlineLimit, type PlacementScene, placementScene } from './placement-scene.ts';

const hour = 3_600_000;
const text = { mediaType: 'text/plain' };
const request = { scope: '198.51.100.1', key: 'order-66', identity: 'POST /payloads {}' };

/** What happens to a call: it is answered, its answer is lost after or before its effect, or it is refused. */
type Fate = 'answered' | 'answer lost' | 'call lost' | 'store away';

let scene: PlacementScene;
let idempotency: Idempotency;
/** The fates of the next calls; those after them are answered. */
let fates: Fate[];
let calls: number;

beforeEach(async () => {
  scene = await placementScene();
  idempotency = idempotencyOn(scene.stores.idempotency, scene.time);
  [fates, calls] = [[], 0];
});

async function meetFate<T>(call: () => Promise<T>): Promise<T> {
  calls += 1;
  const fate = fates.shift() ?? 'answered';
  if (fate === 'store away') throw storeAway();
  const result = fate === 'call lost' ? undefined : await call();
  if (result === undefined || fate !== 'answered') throw new OutcomeUnknown();
  return result;
}

/** Payloads over a store of another process, whose answers can get lost. It remembers the tokens of reads. */
function payloads(): Payloads {
  const { stores, time } = scene;
  const taken = new Map<string | undefined, number | undefined>();
  const store = Object.create(stores.payloads, {
    find: { value: (id: string) => stores.payloads.find(id) },
    insert: {
      value: (...insert: Parameters<PayloadStore['insert']>) =>
        meetFate(() => stores.payloads.insert(...insert)),
    },
    takeRead: {
      value: (id: string, now: number, token?: string) =>
        meetFate(async () => {
          if (!taken.has(token)) taken.set(token, await stores.payloads.takeRead(id, now));
          return taken.get(token);
        }),
    },
  }) as PayloadStore;
  return payloadsOver({ ...stores, payloads: store }, scene.placementWith(), time.clock);
}

const createOnce = () =>
  idempotency.once(request, (seal) => payloads().create(text, 'some text', null, seal));
const rowCount = () => scene.stores.connection.raw.prepare('SELECT count(*) FROM payloads').pluck().get();

describe('a create whose outcome is unknown', () => {
  test.each([
    ['answer lost', 'inline', 'some text'],
    ['call lost', 'inline', 'some text'],
    ['answer lost', 'in the blob store', 'x'.repeat(inlineLimit + 1)],
    ['call lost', 'in the blob store', 'x'.repeat(inlineLimit + 1)],
  ] as const)('(%s, %s) is repeated with its id and makes one payload', async (fate, _, content) => {
    fates = [fate];
    const result = await payloads().create(text, content);
    expect(calls).toBe(2);
    expect(rowCount()).toBe(1);
    const { content: stored, size } = await payloads().describe(result.id);
    expect(size).toBe(content.length);
    if (stored.kind === 'blob') expect(Buffer.from(await scene.readBack(stored)).toString()).toBe(content);
    expect(await scene.stores.journal.count()).toBe(0);
  });

  test.each(['answer lost', 'call lost'] as const)(
    'and that is idempotent (%s) keeps its answer, and is replayed',
    async (fate) => {
      fates = [fate];
      const first = await createOnce();
      expect(first.replayed).toBe(false);
      const again = await createOnce();
      expect(again).toEqual({ result: first.result, replayed: true });
      expect(rowCount()).toBe(1);
    },
  );

  test('a second time is answered by its idempotency record, if the first one took effect', async () => {
    fates = ['answer lost', 'store away'];
    const { result, replayed } = await createOnce();
    expect(replayed).toBe(false);
    expect((await payloads().describe(result.id)).id).toBe(result.id);
    expect(await createOnce()).toEqual({ result, replayed: true });
    expect(rowCount()).toBe(1);
  });

  test('a second time fails, and its Idempotency-Key is free, if neither took effect', async () => {
    fates = ['call lost', 'store away'];
    expect(await failureOf(createOnce)).toBeInstanceOf(OutcomeUnknown);
    expect((await createOnce()).replayed).toBe(false);
    expect(rowCount()).toBe(1);
  });
});

describe('an idempotent write whose outcome is unknown', () => {
  const write = (isWritten: boolean) =>
    idempotency.once<string>(request, async (seal) => {
      calls += 1;
      const answer = seal?.('done');
      if (isWritten && answer) await idempotency.keep(answer);
      throw new OutcomeUnknown();
    });

  test('is answered from its record if it took effect', async () => {
    expect(await write(true)).toEqual({ result: 'done', replayed: false });
    expect(await write(true)).toEqual({ result: 'done', replayed: true });
    expect(calls).toBe(1);
  });

  test('fails if it took none, and its key is free again', async () => {
    for (const attempt of [1, 2]) {
      expect((await failureOf(() => write(false))).code).toBe('store_away');
      expect(calls).toBe(attempt);
    }
  });
});

describe('a claim of an Idempotency-Key whose outcome is unknown', () => {
  test.each(['answer lost', 'call lost'] as const)(
    '(%s) is repeated and leaves no key behind',
    async (fate) => {
      const store = Object.create(scene.stores.idempotency, {
        claim: {
          value: (...claim: Parameters<IdempotencyStore['claim']>) =>
            meetFate(() => scene.stores.idempotency.claim(...claim)),
        },
        answer: { value: (answer: Answer) => scene.stores.idempotency.answer(answer) },
        release: {
          value: (...release: Parameters<IdempotencyStore['release']>) =>
            scene.stores.idempotency.release(...release),
        },
      }) as IdempotencyStore;
      const over = idempotencyOn(store, scene.time);
      fates = [fate];
      const once = () =>
        over.once<string>(request, async (seal) => {
          const answer = seal?.('done');
          if (answer) await over.keep(answer);
          return 'done';
        });
      expect(await once()).toEqual({ result: 'done', replayed: false });
      expect(await once()).toEqual({ result: 'done', replayed: true });
    },
  );
});

describe('a counted read whose outcome is unknown', () => {
  async function readOnce() {
    const result = await payloads().create({ ...text, maxReads: 2 }, 'secret');
    calls = 0;
    return payloads().describe(result.id);
  }

  test.each(['answer lost', 'call lost'] as const)('(%s) is taken once and served', async (fate) => {
    const payload = await readOnce();
    fates = [fate];
    const opened = await payloads().open(payload);
    expect([opened.bytes, opened.payload.readsLeft]).toEqual(['secret', 1]);
    expect(calls).toBe(2);
    expect((await payloads().describe(payload.id)).readsLeft).toBe(1);
  });

  test.each([
    ['answer lost', 'store away'],
    ['answer lost', 'answer lost'],
  ] as const)('(%s, then %s) serves nothing', async (first, second) => {
    const payload = await readOnce();
    fates = [first, second];
    const failure = await failureOf(() => payloads().open(payload));
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.code).toBe('store_away');
  });
});

describe('an upload in parts whose start in the blob store has an unknown outcome', () => {
  test.each(['answer lost', 'call lost'] as const)(
    '(%s) is not aborted: it may have been recorded',
    async (fate) => {
      fates = [fate];
      const { stores, time } = scene;
      const account = someAccount();
      await stores.accounts.insert(account);
      const store = Object.create(stores.uploads, {
        start: { value: (...args: Parameters<UploadStore['start']>) => stores.uploads.start(...args) },
        setDirectUploadId: {
          value: (...args: Parameters<UploadStore['setDirectUploadId']>) =>
            meetFate(() => stores.uploads.setDirectUploadId(...args)),
        },
      }) as UploadStore;
      const reservations = new Reservations({
        store,
        direct: { startParts: async () => 'an upload' } as unknown as DirectUploads,
        placement: scene.placementWith(),
        maxUploadTime: hour,
        signer: new Signer('the secret of this test'),
        clock: time.clock,
        timers: time.timers,
      });
      const expiresAt = time.now + hour;
      const upload = someUpload(account, { directKey: 'a key', partSize: 5 * 1024 * 1024, expiresAt });
      const enter = () => reservations.enterInParts(upload, noQuota);
      expect((await failureOf(enter)).code).toBe('store_away');
      const directUploadId = fate === 'answer lost' ? 'an upload' : null;
      expect(await stores.uploads.find(upload.id)).toMatchObject({ directUploadId });
    },
  );
});
