import { beforeEach, describe, expect, test } from 'bun:test';
import type { Payloads } from '../../src/core/payloads/payloads.ts';
import { payloadsOver } from '../support/payloads-over.ts';
import { failureOf } from './failure-of.ts';
import { type PlacementScene, placementScene } from './placement-scene.ts';

const [minute, hour] = [60_000, 3_600_000];

let scene: PlacementScene;
let payloads: Payloads;

beforeEach(async () => {
  scene = await placementScene();
  payloads = payloadsOver(scene.stores, scene.placementWith(), scene.time.clock);
});

/** A body that takes ten minutes to arrive. */
async function* slowBody(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10);
  scene.time.now += 10 * minute;
  yield new Uint8Array(10);
}

const createSlowly = (terms: { ttl?: string; expiryTime?: string }) =>
  payloads.createFromStream({ mediaType: 'text/plain', ...terms }, { chunks: slowBody() });

describe('a payload whose body takes ten minutes', () => {
  test.each([
    ['1h', hour],
    [undefined, hour],
    ['1m', minute],
  ])('expires its ttl of %p after the end of the body', async (ttl, lifetime) => {
    const began = scene.time.now;
    const result = await createSlowly({ ttl });
    expect(result.expiresAt).toBe(began + 10 * minute + lifetime);
    const stored = await payloads.describe(result.id);
    expect([stored.createdAt, stored.expiresAt]).toEqual([began + 10 * minute, result.expiresAt]);
  });

  test('keeps an absolute expiry that is still in the future', async () => {
    const at = scene.time.now + 11 * minute;
    const result = await createSlowly({ expiryTime: new Date(at).toISOString() });
    expect(result.expiresAt).toBe(at);
  });

  test('is rejected if its absolute expiry passes in the meantime, and nothing is stored', async () => {
    const at = scene.time.now + 10 * minute;
    const failure = await failureOf(() => createSlowly({ expiryTime: new Date(at).toISOString() }));
    expect([failure.code, failure.field]).toEqual(['invalid', 'expiryTime']);
    expect(await scene.stores.payloads.earliestExpiry()).toBeUndefined();
  });
});
