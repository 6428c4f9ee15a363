import { beforeEach, describe, expect, test } from 'bun:test';
import { MultipartUploads } from '../../src/core/buckets/multipart-uploads.ts';
import { storeAway } from '../../src/core/failure.ts';
import { OutcomeUnknown } from '../../src/core/outcome-unknown.ts';
import type { StoredUpload, UploadStore } from '../../src/core/ports/files/upload-store.ts';
import { Retries } from '../../src/core/retries.ts';
import { noQuota } from '../ports/some-object.ts';
import { failureOf } from './failure-of.ts';
import { type PlacementScene, placementScene } from './placement-scene.ts';

/** What happens to a call: it is answered, its answer is lost after or before its effect, or it is refused. */
type Fate = 'answered' | 'answer lost' | 'call lost' | 'store away';

let scene: PlacementScene;
/** The sizes that are booked, by the id of the booking, and the size of the part that was received. */
let booked: Map<string, number>;
let received: number[];

beforeEach(async () => {
  scene = await placementScene();
  [booked, received] = [new Map(), []];
});

/** Calls that meet these fates in turn; those after them are answered. */
function meeting(fates: Fate[]) {
  return async <T>(call: () => T): Promise<T> => {
    const fate = fates.shift() ?? 'answered';
    if (fate === 'store away') throw storeAway();
    const result = fate === 'call lost' ? undefined : call();
    if (result === undefined || fate !== 'answered') throw new OutcomeUnknown();
    return result;
  };
}

/** Receives a part of 100 bytes over stores of another process, which recognise repeated calls. */
function receive(
  fates: { book?: Fate[]; receive?: Fate[]; unbook?: Fate[] },
  writePart = async () => 'etag',
) {
  const [book, take, unbook] = [fates.book ?? [], fates.receive ?? [], fates.unbook ?? []].map(meeting);
  const uploads = {
    bookPart: (_: string, { id, size }: { id: string; size: number }) =>
      book?.(() => {
        booked.set(id, size);
        return 'booked';
      }),
    receivePart: (_: string, { booking }: { booking: { id: string; size: number } }) =>
      take?.(() => {
        if (booked.delete(booking.id)) received.push(booking.size);
        return 'received';
      }),
    unbookPart: (_: string, { id }: { id: string }) => unbook?.(() => booked.delete(id) || true),
  } as unknown as UploadStore;
  const upload = { id: 'an upload', bucketId: 'a bucket', directKey: 'key', directUploadId: 'id' };
  const multipartUploads = new MultipartUploads({
    settings: { maxObjectSize: 1000, maxTtl: 1000 },
    stores: { uploads, direct: { writePart } },
    buckets: { find: async () => ({ id: 'a bucket' }) },
    plans: { find: async () => noQuota },
    reservations: { find: async () => upload as StoredUpload },
    placement: scene.placementWith(),
    clock: scene.time.clock,
    retries: new Retries(scene.time.timers),
  } as unknown as ConstructorParameters<typeof MultipartUploads>[0]);
  const part = { number: 1, declaredSize: 100, checksums: {}, chunks: new Blob(['x'.repeat(100)]).stream() };
  return multipartUploads.receivePart(
    {} as never,
    { bucketName: 'bucket', uploadId: 'an upload' },
    part as never,
  );
}

/** Lets the background work of failed requests run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await scene.time.advance(0);
}

describe('a part that is sent to the blob store', () => {
  test.each(['answer lost', 'call lost'] as const)(
    'is booked and recorded once if the outcome of a call is unknown (%s)',
    async (fate) => {
      expect(await receive({ book: [fate], receive: [fate] })).toMatchObject({ number: 1, etag: 'etag' });
      expect([received, booked.size]).toEqual([[100], 0]);
    },
  );

  test('is not booked any more if its booking stays unknown', async () => {
    const fates = { book: ['answer lost', 'store away'] as Fate[], unbook: ['store away'] as Fate[] };
    expect(await failureOf(() => receive(fates))).toBeInstanceOf(OutcomeUnknown);
    await settle();
    expect([received, booked.size]).toEqual([[], 0]);
  });

  test.each([
    ['answer lost', [100]],
    ['call lost', []],
  ] as const)('is not booked any more if its record stays unknown (%s)', async (fate, expected) => {
    const fates = {
      receive: [fate, 'store away'] as Fate[],
      unbook: ['store away', 'answer lost'] as Fate[],
    };
    expect(await failureOf(() => receive(fates))).toBeInstanceOf(OutcomeUnknown);
    await settle();
    expect([received, booked.size]).toEqual([[...expected], 0]);
  });

  test('is not booked any more if the blob store fails while the database is away', async () => {
    const failing = receive({ unbook: ['store away', 'store away'] }, () => Promise.reject(storeAway()));
    expect((await failureOf(() => failing)).code).toBe('store_away');
    await settle();
    expect([received, booked.size]).toEqual([[], 0]);
  });
});
