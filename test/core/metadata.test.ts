import { describe, expect, test } from 'bun:test';
import { requireMetadata } from '../../src/core/files/metadata.ts';
import { failureOf } from './failure-of.ts';

/** Objects that are nested this number of levels deep. */
function nested(levels: number): Record<string, unknown> {
  let value: Record<string, unknown> = {};
  for (let level = 1; level < levels; level += 1) value = { a: value };
  return value;
}

describe('metadata', () => {
  test.each([null, {}, { a: '1' }, { a: { b: [1, null, true, 'x'] } }, nested(16)])(
    'is stored unchanged: %j',
    (given) => {
      expect(requireMetadata(given)).toEqual(given);
    },
  );

  test('may have 4096 bytes of JSON, and not one more', async () => {
    // {"a":"…"} is 8 bytes around the text.
    const full = { a: 'x'.repeat(4088) };
    expect(requireMetadata(full)).toBe(full);
    for (const given of [{ a: 'x'.repeat(4089) }, { a: '€'.repeat(1363) }])
      expect(await failureOf(() => requireMetadata(given))).toMatchObject({
        code: 'invalid',
        field: 'metadata',
      });
  });

  test.each([18, 1000, 100_000])('of %d levels is rejected, without visiting all of them', async (levels) => {
    const failure = await failureOf(() => requireMetadata(nested(levels)));
    expect(failure).toMatchObject({ code: 'invalid', field: 'metadata' });
  });
});
