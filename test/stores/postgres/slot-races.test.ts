import { describe, expect, test } from 'bun:test';
import { newPayloadId } from '../../../src/core/payloads/payload-id.ts';
import type { PlacedPayload } from '../../../src/core/ports/payload-store.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';

const hour = 3_600_000;
const callers = 16;
const rounds = 40;
/** Whether a sweep meets a moment without living rows is a matter of chance: the callers go on until one did (ms). */
const longest = 60_000;

function somePayload(createdAt: number, expiresAt: number, terms: Partial<PlacedPayload>): PlacedPayload {
  const data = Buffer.alloc(Math.ceil(Math.random() * 300), 'x');
  return {
    id: newPayloadId({ createdAt, expiresAt }),
    mediaType: 'text/plain',
    content: { kind: 'inline', data },
    size: data.length,
    isText: true,
    createdAt,
    expiresAt,
    readsLeft: null,
    deleteTokenHash: null,
    name: null,
    accountId: null,
    ...terms,
  };
}

/** Creates, reads and deletes payloads of one slot, of which some have expired when the sweep looks. */
async function use({ payloads }: TemporaryStores, now: number, mayStop: () => boolean): Promise<void> {
  for (let round = 0; round < rounds || !mayStop(); round += 1) {
    const expiresAt = now + (Math.random() < 0.7 ? 1000 : 60_000);
    const readsLeft = Math.random() < 0.5 ? 2 : null;
    const payload = somePayload(now, expiresAt, { readsLeft });
    await payloads.insert(payload);
    if (readsLeft !== null) await Promise.all([1, 2, 3].map(() => payloads.takeRead(payload.id, now)));
    else if (Math.random() < 0.5) await payloads.remove(payload.id, now);
    else if (expiresAt - now > 1000) await payloads.remove(payload.id, now);
  }
}

describe('a slot of the ring that two nodes empty while 16 callers use it', () => {
  const stores = openedForSuite(openPostgresStores, 2);

  test('keeps its counters exact', async () => {
    const now = Math.floor(Date.now() / hour) * hour + 60_000;
    let isOver = false;
    let emptied = 0;
    const sweeps = stores().map(async ({ payloads }) => {
      while (!isOver) {
        // Later than the short expiries, and earlier than the others.
        const { removed } = await payloads.expire(now + 5000 + Math.floor(Math.random() * 1000), 1000);
        emptied += removed;
      }
    });
    const deadline = performance.now() + longest;
    const mayStop = () => emptied > 0 || performance.now() > deadline;
    await Promise.all(
      Array.from({ length: callers }, (_, caller) =>
        use(stores()[caller % 2] as TemporaryStores, now, mayStop),
      ),
    );
    isOver = true;
    await Promise.all(sweeps);
    expect(emptied).toBeGreaterThan(0);
    expect(await stores()[0].inventory.wrongUsage()).toEqual([]);
    await stores()[0].payloads.expire(now + hour, 100_000);
    expect(await stores()[0].inventory.wrongUsage()).toEqual([]);
    expect(await stores()[0].meter.usage()).toEqual({ databaseBytes: 0, blobBytes: 0 });
  }, 120_000);
});
