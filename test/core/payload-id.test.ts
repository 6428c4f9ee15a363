import { describe, expect, test } from 'bun:test';
import { assert, constantFrom, integer, property } from 'fast-check';
import { isHashId } from '../../src/core/ids.ts';
import { newPayloadId } from '../../src/core/payloads/payload-id.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The rings: how long the payloads of a class live, and how long a slot takes new ones. */
const rings = [
  { from: 1, to: hour, width: 5 * minute },
  { from: hour + 1, to: day, width: 2 * hour },
  { from: day + 1, to: 14 * day, width: day },
  { from: 14 * day + 1, to: 392 * day, width: 28 * day },
];
const lastClass = 3;

const creation = integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2125, 0, 1) });
/** A life between two bounds, which often is one of them. */
const lifeFrom = (min: number, max: number) =>
  constantFrom(min, max, undefined).chain((bound) =>
    bound === undefined ? integer({ min, max }) : constantFrom(bound),
  );

/** The leading bits of an id. */
function bitsOf(id: string) {
  const first = Number.parseInt(id.slice(0, 2), 16);
  return { layout: first >> 6, class: (first >> 4) & 3, slot: first & 15 };
}

describe('the id of a payload', () => {
  test.each(rings.map((ring, index) => ({ ...ring, index })))(
    'has class $index and the slot of its expiry, for lives up to $to ms',
    ({ from, to, width, index }) => {
      assert(
        property(creation, lifeFrom(from, to), (createdAt, life) => {
          const expiresAt = createdAt + life;
          const id = newPayloadId({ createdAt, expiresAt });
          expect(isHashId(id)).toBe(true);
          const slot = Math.floor(expiresAt / width) % 16;
          expect(bitsOf(id)).toEqual({ layout: 0, class: index, slot });
        }),
      );
    },
  );

  test.each(rings)(
    'shares its slot only with payloads that a ring of $width ms can hold',
    ({ to, width }) => {
      // When the first payload of a lap is created, all of the lap before have expired for a while.
      expect(16 * width - width - to).toBeGreaterThanOrEqual(width);
    },
  );

  test('has the current layout, whatever the payload’s life', () => {
    assert(
      property(creation, lifeFrom(392 * day + 1, 4000 * day), (createdAt, life) => {
        const id = newPayloadId({ createdAt, expiresAt: createdAt + life });
        expect(isHashId(id)).toBe(true);
        expect(bitsOf(id)).toMatchObject({ layout: 0, class: lastClass });
      }),
    );
  });

  test('has 120 random bits: each of its last 30 digits takes every value', () => {
    const times = { createdAt: 0, expiresAt: hour };
    const ids = Array.from({ length: 1000 }, () => newPayloadId(times));
    expect(new Set(ids).size).toBe(ids.length);
    for (let position = 2; position < 32; position += 1)
      expect(new Set(ids.map((id) => id[position])).size).toBe(16);
  });
});
