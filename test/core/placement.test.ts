import { beforeEach, describe, expect, test } from 'bun:test';
import { noRoom } from '../../src/core/failure.ts';
import { failureOf } from './failure-of.ts';
import { bytes, chunksOf, inlineLimit, type PlacementScene, placementScene } from './placement-scene.ts';

let scene: PlacementScene;
beforeEach(async () => {
  scene = await placementScene();
});

describe('content in memory', () => {
  test.each([0, 1, inlineLimit - 1, inlineLimit])('of %d bytes is inline', async (size) => {
    const placed = await scene.storeWhole(bytes(size));
    expect(placed.content.kind).toBe('inline');
    expect(placed.size).toBe(size);
    expect(await scene.readBack(placed.content)).toEqual(bytes(size));
    expect(scene.files()).toEqual([]);
  });

  test.each([inlineLimit + 1, 300_000])('of %d bytes is a blob', async (size) => {
    const placed = await scene.storeWhole(bytes(size));
    expect(placed.content.kind).toBe('blob');
    expect(await scene.readBack(placed.content)).toEqual(bytes(size));
    expect(scene.files().length).toBe(1);
    expect(await scene.stores.journal.count()).toBe(0);
  });

  test('is measured in bytes, not in characters', async () => {
    expect((await scene.storeWhole('é'.repeat(inlineLimit / 2))).content.kind).toBe('inline');
    expect((await scene.storeWhole('é'.repeat(inlineLimit / 2 + 1))).content.kind).toBe('blob');
  });

  test('is classified as text or not', async () => {
    expect((await scene.storeWhole(Uint8Array.of(0xe2, 0x82, 0xac))).isText).toBe(true);
    expect((await scene.storeWhole(Uint8Array.of(0xe2, 0x82))).isText).toBe(false);
    expect((await scene.storeWhole(new Uint8Array(5000).fill(0xff))).isText).toBe(false);
  });

  test('is read in ranges of bytes, inline or as a blob', async () => {
    for (const text of ['a€b', `a€b${'x'.repeat(2000)}`]) {
      const { content } = await scene.storeWhole(text);
      const part = await scene.placementWith().open({ content }, { start: 1, end: 3 });
      expect(await new Response(part as BodyInit).text()).toBe('€');
    }
  });
});

describe('streamed content', () => {
  test.each([0, 1, inlineLimit])('of %d bytes is inline', async (size) => {
    const placed = await scene.storeStream(chunksOf(bytes(size)));
    expect(placed.content.kind).toBe('inline');
    expect(placed.size).toBe(size);
    expect(await scene.readBack(placed.content)).toEqual(bytes(size));
  });

  test('over the inline limit is a blob, in whatever chunks it arrives', async () => {
    const content = bytes(inlineLimit + 1);
    const byOne = [...content].map((byte) => Uint8Array.of(byte));
    for (const chunks of [
      [content],
      [content.subarray(0, inlineLimit), content.subarray(inlineLimit)],
      byOne,
    ]) {
      const placed = await scene.storeStream(chunksOf(...chunks));
      expect(placed.content.kind).toBe('blob');
      expect(placed.size).toBe(content.length);
      expect(await scene.readBack(placed.content)).toEqual(content);
    }
  });

  test('is classified as text even if a character is split', async () => {
    const euro = Uint8Array.of(0xe2, 0x82, 0xac);
    const text = new Uint8Array(2000).fill(0x41);
    expect((await scene.storeStream(chunksOf(text, euro.subarray(0, 1), euro.subarray(1)))).isText).toBe(
      true,
    );
    expect((await scene.storeStream(chunksOf(text, euro.subarray(0, 2)))).isText).toBe(false);
  });

  test('is not buffered: the source is read no further than it is written', async () => {
    let given = 0;
    let givenAtWrite = 0;
    scene.blobs.onWrite = () => {
      givenAtWrite = given;
    };
    async function* source() {
      for (; given < 100; given += 1) yield new Uint8Array(1000);
    }
    await scene.storeStream(source());
    expect(given).toBe(100);
    expect(givenAtWrite).toBeLessThanOrEqual(2);
  });

  test.each([10, 5000])(
    'over the limit by a byte at %d is too large, and the source is closed',
    async (limit) => {
      let release = false;
      async function* source() {
        try {
          for (;;) yield new Uint8Array(limit / 2 + 1);
        } finally {
          release = true;
        }
      }
      expect((await failureOf(() => scene.storeStream(source(), { limit }))).code).toBe('too_large');
      expect(release).toBe(true);
      await scene.expectNothingIsLeft();
    },
  );

  test.each([10, 5000])('of exactly the limit of %d is accepted', async (limit) => {
    expect((await scene.storeStream(chunksOf(bytes(limit)), { limit })).size).toBe(limit);
  });

  test('that announces more than the limit is rejected before it is read', async () => {
    let read = false;
    async function* source() {
      read = true;
      yield new Uint8Array(1);
    }
    const failure = await failureOf(() => scene.storeStream(source(), { declaredSize: 11, limit: 10 }));
    expect(failure.code).toBe('too_large');
    expect(read).toBe(false);
  });

  test.each([
    [500, 501],
    [500, 499],
    [5000, 5001],
    [5000, 4999],
  ])('of %d bytes that announced %d stores nothing', async (size, declaredSize) => {
    expect((await failureOf(() => scene.storeStream(chunksOf(bytes(size)), { declaredSize }))).code).toBe(
      'invalid',
    );
    await scene.expectNothingIsLeft();
  });

  test.each([500, 50_000])('that is aborted after %d bytes stores nothing', async (size) => {
    const brokenOff = new Error('the client went away');
    await expect(scene.storeStream(chunksOf(bytes(size), brokenOff))).rejects.toBe(brokenOff);
    await scene.expectNothingIsLeft();
  });

  test('without room stores nothing, announced or not', async () => {
    const maxStorage = (await scene.stores.meter.usage()).databaseBytes + 4000;
    for (const declaredSize of [undefined, 5000]) {
      const stored = scene.storeStream(chunksOf(bytes(2000), bytes(3000)), { declaredSize, maxStorage });
      expect((await failureOf(() => stored)).code).toBe('no_room');
    }
    await scene.expectNothingIsLeft();
  });
});

test('bytes for the blob store hold room while they are written, and free it immediately after a failure', async () => {
  const { databaseBytes } = await scene.stores.meter.usage();
  const placement = scene.placementWith(databaseBytes + 1_000_000);
  const noQuota = new Error('the account has no room for it');
  const refused = async () => {
    const failure = await failureOf(() => placement.whileAdmitted(1, async () => undefined));
    expect(failure.code).toBe('no_room');
    throw noQuota;
  };
  for (let time = 0; time < 3; time += 1)
    await expect(placement.whileAdmitted(1_000_000, refused)).rejects.toBe(noQuota);
  expect(await placement.whileAdmitted(1_000_000, async () => 'done')).toBe('done');
});

describe('what another budget rejects', () => {
  const refusing = {
    admit: () => {
      throw noRoom();
    },
    look: () => undefined,
    settle: () => undefined,
  };

  test.each([
    ['of unknown length', undefined],
    ['of a known length', 2000],
  ])('frees the room of the server, %s', async (_, declaredSize) => {
    const placement = scene.placementWith(10_000_000);
    const before = await scene.stores.meter.usage();
    for (let turn = 0; turn < 20; turn += 1) {
      const chunks = (async function* () {
        yield new Uint8Array(1_000_000);
      })();
      const incoming = { chunks, limit: 2_000_000, declaredSize, room: refusing };
      const failure = await placement.storeStream(incoming, async () => undefined).catch((error) => error);
      expect(failure).toMatchObject({ code: 'no_room' });
      // After the time for which a reading is cached.
      scene.time.now += 2000;
    }
    const left = 10_000_000 - before.databaseBytes - before.blobBytes;
    await placement.requireRoom(left - 100_000);
  });
});
