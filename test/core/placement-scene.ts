import { expect } from 'bun:test';
import { readdirSync } from 'node:fs';
import { Capacity } from '../../src/core/content/capacity.ts';
import { Placement } from '../../src/core/content/placement.ts';
import { Sweeper } from '../../src/core/operation/sweeper.ts';
import type { LeaseLost, PlacedContent, StoredContent } from '../../src/core/ports/content/content.ts';
import { DiskBlobStore } from '../../src/stores/blobs/disk.ts';
import { somePayload } from '../ports/some-payload.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { FailingBlobs } from './failing-blobs.ts';
import { SettableTime } from './settable-time.ts';

export const inlineLimit = 1024;
export const leaseTime = 60_000;

export type PlacementScene = Awaited<ReturnType<typeof placementScene>>;

type StreamOptions = { declaredSize?: number; limit?: number; maxStorage?: number };

/** Placement over real stores, with blobs that can fail and a clock that the test sets. */
export async function placementScene() {
  const time = new SettableTime();
  const stores = openTemporaryStores();
  const folder = temporaryDirectory('blobs');
  const blobs = new FailingBlobs(await DiskBlobStore.open(folder));
  const sweeper = new Sweeper({ ...stores, blobs }, time.clock, time.timers);

  function placementWith(maxStorage?: number): Placement {
    const capacity = new Capacity({
      limits: { maxStorage, minFreeSpace: 0 },
      meter: stores.meter,
      spaces: [],
      clock: time.clock,
    });
    return new Placement({
      settings: { inlineLimit, leaseTime },
      blobs,
      journal: stores.journal,
      capacity,
      clock: time.clock,
      timers: time.timers,
    });
  }

  /** Publishes like payloads. @returns The placed content */
  async function publish(placed: PlacedContent): Promise<PlacedContent | LeaseLost> {
    const row = somePayload({ ...placed, createdAt: time.now, expiresAt: time.now + 3_600_000 });
    const outcome = await stores.payloads.insert(row);
    return outcome === 'stored' || outcome === 'exists' ? placed : 'lease_lost';
  }

  const storeWhole = (data: string | Uint8Array, maxStorage?: number) =>
    placementWith(maxStorage).storeWhole(data, Buffer.byteLength(data), publish);

  function storeStream(chunks: AsyncIterable<Uint8Array>, options: StreamOptions = {}) {
    const { limit = 1_000_000, declaredSize, maxStorage } = options;
    return placementWith(maxStorage).storeStream({ chunks, limit, declaredSize }, publish);
  }

  async function readBack(content: StoredContent): Promise<Uint8Array> {
    return new Response((await placementWith().open({ content })) as BodyInit).bytes();
  }

  /** Every file of the blob store: complete, partial or left over. */
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  const rows = () => stores.connection.raw.prepare('SELECT count(*) FROM payloads').pluck().get();

  /** After any failure, a sweep leaves nothing behind once the lease has expired. */
  async function expectNothingIsLeft(): Promise<void> {
    time.now += leaseTime;
    await sweeper.run();
    expect({ files: files(), rows: rows(), records: await stores.journal.count() }).toEqual({
      files: [],
      rows: 0,
      records: 0,
    });
  }

  return {
    ...{ time, stores, blobs, sweeper },
    ...{ placementWith, storeWhole, storeStream, readBack, files, rows, expectNothingIsLeft },
  };
}

/** A stream of these chunks; it fails at an error. */
export async function* chunksOf(...chunks: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    // A copy, because the consumer of a chunk may free its memory.
    yield Uint8Array.from(chunk);
  }
}

export function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
}
