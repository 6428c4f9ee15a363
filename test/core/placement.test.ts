import { beforeEach, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { Capacity } from '../../src/core/capacity.ts';
import { Placement } from '../../src/core/placement.ts';
import type { PlacedContent, StoredContent } from '../../src/core/ports/content.ts';
import { Sweeper } from '../../src/core/sweeper.ts';
import { DiskBlobStore } from '../../src/stores/blobs/disk.ts';
import { somePayload } from '../stores/some-payload.ts';
import { openTemporaryStores, type TemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { FailingBlobs } from './failing-blobs.ts';
import { failureOf } from './failure-of.ts';
import { SettableTime } from './settable-time.ts';

const inlineLimit = 1024;
const leaseTime = 60_000;

let time: SettableTime;
let stores: TemporaryStores;
let blobs: FailingBlobs;
let folder: string;
let sweeper: Sweeper;

beforeEach(async () => {
  time = new SettableTime();
  stores = openTemporaryStores();
  folder = temporaryDirectory('blobs');
  blobs = new FailingBlobs(await DiskBlobStore.open(folder));
  sweeper = new Sweeper({ ...stores, blobs }, time.clock, time.timers);
});

function placementWith(maxStorage?: number): Placement {
  const capacity = new Capacity({ maxStorage, minFreeSpace: 0 }, stores.meter, [], time.clock);
  return new Placement({ inlineLimit, leaseTime }, blobs, stores.journal, capacity, time.clock, time.timers);
}

/** Publishes as the payloads do, and tells what was placed. */
async function publish(placed: PlacedContent): Promise<PlacedContent | undefined> {
  const row = somePayload({ ...placed, createdAt: time.now, expiresAt: time.now + 3_600_000 });
  return (await stores.payloads.insert(row)) ? placed : undefined;
}

function storeWhole(data: string | Uint8Array, maxStorage?: number): Promise<PlacedContent> {
  return placementWith(maxStorage).storeWhole(data, Buffer.byteLength(data), publish);
}

type StreamOptions = { declaredSize?: number; limit?: number; maxStorage?: number };

function storeStream(chunks: AsyncIterable<Uint8Array>, options: StreamOptions = {}): Promise<PlacedContent> {
  const { limit = 1_000_000, declaredSize, maxStorage } = options;
  return placementWith(maxStorage).storeStream({ chunks, limit, declaredSize }, publish);
}

async function* chunksOf(...chunks: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    // A copy: whoever takes a chunk may free its memory.
    yield Uint8Array.from(chunk);
  }
}

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
}

async function readBack(content: StoredContent): Promise<Uint8Array> {
  return new Uint8Array(await new Response((await placementWith().open(content)) as BodyInit).arrayBuffer());
}

/** Every file of the blob store: whole, half-written or left over. */
function files(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

function rows(): number {
  return (stores.connection.raw.prepare('SELECT count(*) AS count FROM payloads').get() as { count: number })
    .count;
}

/** Whatever went wrong: once its lease is over, a sweep leaves nothing of it anywhere. */
async function expectNothingIsLeft(): Promise<void> {
  time.now += leaseTime;
  await sweeper.run();
  expect({ files: files(), rows: rows(), records: await stores.journal.count() }).toEqual({
    files: [],
    rows: 0,
    records: 0,
  });
}

describe('content in memory', () => {
  test.each([0, 1, inlineLimit - 1, inlineLimit])('of %d bytes lies beside its row', async (size) => {
    const placed = await storeWhole(bytes(size));
    expect(placed.content.kind).toBe('inline');
    expect(placed.size).toBe(size);
    expect(await readBack(placed.content)).toEqual(bytes(size));
    expect(files()).toEqual([]);
  });

  test.each([inlineLimit + 1, 300_000])('of %d bytes lies in the blob store', async (size) => {
    const placed = await storeWhole(bytes(size));
    expect(placed.content.kind).toBe('blob');
    expect(await readBack(placed.content)).toEqual(bytes(size));
    expect(files().length).toBe(1);
    expect(await stores.journal.count()).toBe(0);
  });

  test('is measured in bytes, not in characters', async () => {
    expect((await storeWhole('é'.repeat(inlineLimit / 2))).content.kind).toBe('inline');
    expect((await storeWhole('é'.repeat(inlineLimit / 2 + 1))).content.kind).toBe('blob');
  });

  test('is known as text or not', async () => {
    expect((await storeWhole(Uint8Array.of(0xe2, 0x82, 0xac))).isText).toBe(true);
    expect((await storeWhole(Uint8Array.of(0xe2, 0x82))).isText).toBe(false);
    expect((await storeWhole(new Uint8Array(5000).fill(0xff))).isText).toBe(false);
  });

  test('is read in ranges of bytes wherever it lies', async () => {
    for (const text of ['a€b', `a€b${'x'.repeat(2000)}`]) {
      const { content } = await storeWhole(text);
      const part = await placementWith().open(content, { start: 1, end: 3 });
      expect(await new Response(part as BodyInit).text()).toBe('€');
    }
  });
});

describe('content that streams in', () => {
  test.each([0, 1, inlineLimit])('of %d bytes lies beside its row', async (size) => {
    const placed = await storeStream(chunksOf(bytes(size)));
    expect(placed.content.kind).toBe('inline');
    expect(placed.size).toBe(size);
    expect(await readBack(placed.content)).toEqual(bytes(size));
  });

  test('over the inline limit lies in the blob store, in whatever chunks it comes', async () => {
    const content = bytes(inlineLimit + 1);
    const byOne = [...content].map((byte) => Uint8Array.of(byte));
    for (const chunks of [
      [content],
      [content.subarray(0, inlineLimit), content.subarray(inlineLimit)],
      byOne,
    ]) {
      const placed = await storeStream(chunksOf(...chunks));
      expect(placed.content.kind).toBe('blob');
      expect(placed.size).toBe(content.length);
      expect(await readBack(placed.content)).toEqual(content);
    }
  });

  test('is known as text though a character is cut in two', async () => {
    const euro = Uint8Array.of(0xe2, 0x82, 0xac);
    const text = new Uint8Array(2000).fill(0x41);
    expect((await storeStream(chunksOf(text, euro.subarray(0, 1), euro.subarray(1)))).isText).toBe(true);
    expect((await storeStream(chunksOf(text, euro.subarray(0, 2)))).isText).toBe(false);
  });

  test('is not held back: the source is read no further than it is written', async () => {
    let given = 0;
    let givenAtWrite = 0;
    blobs.onWrite = () => {
      givenAtWrite = given;
    };
    async function* source() {
      for (; given < 100; given += 1) yield new Uint8Array(1000);
    }
    await storeStream(source());
    expect(given).toBe(100);
    expect(givenAtWrite).toBeLessThanOrEqual(2);
  });

  test.each([10, 5000])(
    'past the limit by a byte at %d is too large, and the source is let go',
    async (limit) => {
      let letGo = false;
      async function* source() {
        try {
          for (;;) yield new Uint8Array(limit / 2 + 1);
        } finally {
          letGo = true;
        }
      }
      expect((await failureOf(() => storeStream(source(), { limit }))).code).toBe('too_large');
      expect(letGo).toBe(true);
      await expectNothingIsLeft();
    },
  );

  test.each([10, 5000])('of exactly the limit of %d passes', async (limit) => {
    expect((await storeStream(chunksOf(bytes(limit)), { limit })).size).toBe(limit);
  });

  test('that announces more than the limit is refused before it is read', async () => {
    let read = false;
    async function* source() {
      read = true;
      yield new Uint8Array(1);
    }
    const failure = await failureOf(() => storeStream(source(), { declaredSize: 11, limit: 10 }));
    expect(failure.code).toBe('too_large');
    expect(read).toBe(false);
  });

  test.each([
    [500, 501],
    [500, 499],
    [5000, 5001],
    [5000, 4999],
  ])('of %d bytes that announced %d stores nothing', async (size, declaredSize) => {
    expect((await failureOf(() => storeStream(chunksOf(bytes(size)), { declaredSize }))).code).toBe(
      'invalid',
    );
    await expectNothingIsLeft();
  });

  test.each([500, 50_000])('that breaks off after %d bytes stores nothing', async (size) => {
    const brokenOff = new Error('the client went away');
    await expect(storeStream(chunksOf(bytes(size), brokenOff))).rejects.toBe(brokenOff);
    await expectNothingIsLeft();
  });

  test('that there is no room for stores nothing, announced or not', async () => {
    const maxStorage = (await stores.meter.usage()).databaseBytes + 4000;
    for (const declaredSize of [undefined, 5000]) {
      const stored = storeStream(chunksOf(bytes(2000), bytes(3000)), { declaredSize, maxStorage });
      expect((await failureOf(() => stored)).code).toBe('no_room');
    }
    await expectNothingIsLeft();
  });
});

describe('the journal', () => {
  test('knows of a blob before its first byte is written', async () => {
    const recorded: { key: string; records: unknown[] }[] = [];
    blobs.onWrite = (key) => {
      const other = openTemporaryStores(stores.file);
      recorded.push({
        key,
        records: other.connection.raw.prepare('SELECT key, purpose FROM blob_journal').all(),
      });
      other.close();
    };
    await storeWhole(bytes(5000));
    await storeStream(chunksOf(bytes(5000)));
    expect(recorded.length).toBe(2);
    for (const { key, records } of recorded) expect(records).toEqual([{ key, purpose: 'write' }]);
    expect(await stores.journal.count()).toBe(0);
  });

  test('has a failed write removed by the first sweep after its lease', async () => {
    blobs.away = true;
    expect((await failureOf(() => storeWhole(bytes(5000)))).code).toBe('store_away');
    expect(await stores.journal.count()).toBe(1);
    blobs.away = false;
    expect((await sweeper.run()).blobs).toBe(0);
    await expectNothingIsLeft();
    expect(time.running).toBe(0);
  });

  test('has a blob removed whose row could not be made', async () => {
    const failing = placementWith().storeWhole(bytes(5000), 5000, async () => {
      throw new Error('the database is full');
    });
    await expect(failing).rejects.toThrow('the database is full');
    expect(files().length).toBe(1);
    await expectNothingIsLeft();
  });

  test('spares an upload that takes many times its lease: the lease is renewed', async () => {
    blobs.onWrite = async () => {
      for (let step = 0; step < 20; step += 1) {
        await time.advance(leaseTime / 2);
        expect((await sweeper.run()).blobs).toBe(0);
      }
    };
    const placed = await storeWhole(bytes(5000));
    await sweeper.run();
    expect(await readBack(placed.content)).toEqual(bytes(5000));
    expect(time.running).toBe(0);
  });

  test('lets a sweep or a stalled writer win, never both', async () => {
    blobs.onWrite = async () => {
      // The whole process was stopped: no renewal came, and another process swept.
      time.now += leaseTime;
      expect((await sweeper.run()).blobs).toBe(1);
    };
    expect((await failureOf(() => storeWhole(bytes(5000)))).code).toBe('store_away');
    expect(rows()).toBe(0);
    // The bytes came after the sweep had looked: they are found all the same.
    expect(files().length).toBe(1);
    await expectNothingIsLeft();
  });

  test('lets a writer win that published before the sweep came', async () => {
    const placed = await storeWhole(bytes(5000));
    time.now += 10 * leaseTime;
    expect((await sweeper.run()).blobs).toBe(0);
    expect(await readBack(placed.content)).toEqual(bytes(5000));
  });
});
