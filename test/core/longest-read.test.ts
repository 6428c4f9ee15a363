import { describe, expect, test } from 'bun:test';
import { partsStream } from '../../src/core/content/parts-stream.ts';
import { Readers } from '../../src/core/content/readers.ts';
import { BlobMissing } from '../../src/core/ports/content/blob-store.ts';
import { blobsOf } from './blobs-in-memory.ts';
import { SettableTime } from './settable-time.ts';

/** docs/contract/shared.md, "Room" */
describe('parts that are read for longer than LONGEST_READ', () => {
  const longest = 6 * 3_600_000;
  async function begun(sizes: number[]) {
    const time = new SettableTime();
    const blobs = blobsOf(sizes, 4, new Readers({ longest, timers: time.timers }));
    const stream = await partsStream(blobs.parts, undefined, blobs.open, blobs.readers);
    return { time, blobs, reader: stream.getReader() };
  }

  test('fail, and leave nothing open and no timer', async () => {
    const { time, blobs, reader } = await begun([8, 8]);
    await reader.read();
    await time.advance(longest - 1);
    expect((await reader.read()).done).toBe(false);
    await time.advance(1);
    await expect(reader.read()).rejects.toThrow('LONGEST_READ');
    expect([blobs.now, blobs.held, time.running]).toEqual([0, [], 0]);
  });

  test('fail although nobody reads on', async () => {
    const { time, blobs, reader } = await begun([8, 8]);
    await time.advance(longest);
    await expect(reader.closed).rejects.toThrow('LONGEST_READ');
    expect(blobs.now).toBe(0);
  });

  test('open no other part if the time ends while one is being opened', async () => {
    const { time, blobs, reader } = await begun([4, 4]);
    await reader.read();
    blobs.beforeOpen = () => time.advance(longest);
    await expect(reader.read()).rejects.toThrow('LONGEST_READ');
    await Bun.sleep(5);
    expect([blobs.now, blobs.opened.length]).toEqual([0, 2]);
  });

  test('run no timer after their end, after they were cancelled, or after a failure', async () => {
    const whole = await begun([8, 8]);
    while (!(await whole.reader.read()).done);
    const cancelled = await begun([8, 8]);
    await cancelled.reader.cancel();
    const failed = await begun([4, 4]);
    failed.blobs.missing.add('1');
    await failed.reader.read();
    await expect(failed.reader.read()).rejects.toBeInstanceOf(BlobMissing);
    expect([whole, cancelled, failed].map(({ time }) => time.running)).toEqual([0, 0, 0]);
  });
});
