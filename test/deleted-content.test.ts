import { beforeEach, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Capacity } from '../src/core/content/capacity.ts';
import { Placement } from '../src/core/content/placement.ts';
import { Sweeper } from '../src/core/operation/sweeper.ts';
import type { Payloads } from '../src/core/payloads/payloads.ts';
import { DiskBlobStore } from '../src/stores/blobs/disk.ts';
import { SettableTime } from './core/settable-time.ts';
import { openTemporaryStores, type TemporaryStores } from './stores/sqlite/temporary-stores.ts';
import { payloadsOver } from './support/payloads-over.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

let time: SettableTime;
let stores: TemporaryStores;
let blobFolder: string;
let payloads: Payloads;
let sweeper: Sweeper;

beforeEach(async () => {
  time = new SettableTime();
  stores = openTemporaryStores();
  blobFolder = temporaryDirectory('blobs');
  const blobs = await DiskBlobStore.open(blobFolder);
  const { clock, timers } = time;
  const capacity = new Capacity({
    limits: { maxStorage: undefined, minFreeSpace: 0 },
    meter: stores.meter,
    spaces: [],
    clock,
  });
  const settings = { inlineLimit: 65_536, leaseTime: 60_000 };
  const placement = new Placement({ settings, blobs, journal: stores.journal, capacity, clock, timers });
  payloads = payloadsOver(stores, placement, clock);
  sweeper = new Sweeper({ ...stores, blobs }, clock, timers);
});

/** A unique word, and content that repeats it. */
function markedContent(size: number): { marker: string; content: string } {
  const marker = `marker-${randomBytes(8).toString('hex')}-`;
  return { marker, content: marker.repeat(Math.ceil(size / marker.length)).slice(0, size) };
}

/** How often the marker occurs in the database, its log and the blobs. */
function traces(marker: string): number {
  const blobFiles = readdirSync(blobFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  let found = 0;
  for (const file of [stores.file, `${stores.file}-wal`, ...blobFiles]) {
    if (!existsSync(file)) continue;
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf(marker); at !== -1; at = bytes.indexOf(marker, at + 1)) found += 1;
  }
  return found;
}

function createMany(count: number, content: string, ttl = '1h', maxReads?: number): Promise<string[]> {
  const created = Array.from({ length: count }, () =>
    payloads.create({ mediaType: 'text/plain', ttl, maxReads }, content),
  );
  return Promise.all(created).then((all) => all.map(({ id }) => id));
}

describe.each([
  ['a short row', 100],
  ['a row of 1 KiB', 1024],
  ['a row of 45 KB', 45_000],
  ['a blob', 200_000],
])('the content of %s', (_, size) => {
  test('is nowhere in the files once it has expired and was swept', async () => {
    const { marker, content } = markedContent(size);
    await createMany(40, content);
    expect(traces(marker)).toBeGreaterThan(0);
    time.now += 3_600_000;
    expect((await sweeper.run()).payloads).toBe(40);
    expect(traces(marker)).toBe(0);
  });

  test('is nowhere in the files once it was deleted and a sweep ran', async () => {
    const { marker, content } = markedContent(size);
    for (const id of await createMany(40, content)) await payloads.remove(id, undefined);
    await sweeper.run();
    expect(traces(marker)).toBe(0);
  });

  test('is nowhere in the files once its last read was taken and a sweep ran', async () => {
    const { marker, content } = markedContent(size);
    for (const id of await createMany(5, content, '1h', 1)) {
      const { bytes } = await payloads.open(await payloads.describe(id));
      expect(await new Response(bytes as BodyInit).text()).toBe(content);
    }
    await sweeper.run();
    expect(traces(marker)).toBe(0);
  });

  test('is nowhere in the files if it was checkpointed from the log before it expired', async () => {
    const { marker, content } = markedContent(size);
    await createMany(40, content);
    stores.connection.raw.pragma('wal_checkpoint(TRUNCATE)');
    expect(traces(marker)).toBeGreaterThan(0);
    time.now += 3_600_000;
    await sweeper.run();
    expect(traces(marker)).toBe(0);
  });

  test('is removed without the content that has not expired', async () => {
    const { marker, content } = markedContent(size);
    const kept = markedContent(size);
    await createMany(20, content);
    const [id] = await createMany(1, kept.content, '2h');
    await createMany(20, content);
    time.now += 3_600_000;
    await sweeper.run();
    expect(traces(marker)).toBe(0);
    const { bytes } = await payloads.open(await payloads.describe(id ?? ''));
    expect(await new Response(bytes as BodyInit).text()).toBe(kept.content);
  });

  test('is nowhere in the files after a sweep beside a server that has the file open', async () => {
    const { marker, content } = markedContent(size);
    const [id] = await createMany(40, content);
    await payloads.describe(id ?? '');
    const other = openTemporaryStores(stores.file);
    const blobs = await DiskBlobStore.open(blobFolder);
    time.now += 3_600_000;
    const { payloads: swept } = await new Sweeper({ ...other, blobs }, time.clock, time.timers).run();
    expect(swept).toBe(40);
    expect(traces(marker)).toBe(0);
    other.close();
  });
});
