import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { HeldBytes, release } from '../../src/api/shared/bodies/held-bytes.ts';

const chunk = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc.uint8Array({ minLength: 4000, maxLength: 20_000 }),
  // A slice of a larger buffer.
  fc.uint8Array({ minLength: 100, maxLength: 20_000 }).map((bytes) => bytes.subarray(50)),
);

describe('bytes that are held', () => {
  test('are those that arrived, in their order, however they were split', () =>
    fc.assert(
      fc.property(fc.array(chunk), fc.nat(20), (chunks, looked) => {
        const held = new HeldBytes();
        for (const [index, bytes] of chunks.entries()) {
          held.add(bytes);
          if (index === looked) expect(Buffer.concat(held.pieces()).length).toBe(held.size);
        }
        const all = Buffer.concat(chunks);
        expect(held.size).toBe(all.length);
        expect(Buffer.from(held.joined()).equals(all)).toBe(true);
      }),
    ));

  test('take no more memory than their own size', () =>
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const held = new HeldBytes();
        for (const bytes of chunks) held.add(bytes);
        const taken = held.pieces().reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
        expect(taken).toBe(held.size);
      }),
    ));

  test('free their memory immediately when they are dropped', () => {
    const held = new HeldBytes();
    for (let count = 0; count < 3; count += 1) held.add(new Uint8Array(64 * 1024));
    const buffers = held.pieces().map(({ buffer }) => buffer);
    held.release();
    expect(buffers.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0]);
  });

  test('keep the rest of a larger buffer when a slice of it is dropped', () => {
    const whole = new Uint8Array(1024).fill(7);
    release(whole.subarray(0, 512));
    expect(whole.every((byte) => byte === 7)).toBe(true);
    expect(whole.length).toBe(1024);
  });
});
