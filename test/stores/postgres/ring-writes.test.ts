import { expect, test } from 'bun:test';
import { newHashId } from '../../../src/core/ids.ts';
import { failureOf } from '../../core/failure-of.ts';
import { leaseTime } from '../../ports/claims.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { somePayload } from '../../ports/some-payload.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';

const now = Date.UTC(2025, 2, 1);
const hour = 3_600_000;

await suiteWithPostgres('payloads that are written together to PostgreSQL', () => {
  const connections = openedForSuite(openPostgresStores, 3);
  const stores = () => connections()[0];
  const payloadsOf = (count: number) => Array.from({ length: count }, () => somePayload());
  const isStored = async (id: string) => (await stores().payloads.find(id)) !== undefined;

  async function claimAnswer(holder = 'holder') {
    const id = newHashId();
    const record = { id, fingerprint: 'f', holder: 'holder', expiresAt: now + hour, answer: null };
    const claim = () => stores().idempotency.claim(record, now, leaseTime);
    await claim();
    const seal = () => ({ id, holder, sealed: Uint8Array.of(1, 2), contentFingerprint: 'c' });
    return { seal, kept: async () => (await claim()).answer };
  }

  test('share transactions, and each is counted as one write', async () => {
    const { commits, writers } = { ...stores().writeCounts };
    await Promise.all(payloadsOf(100).map((row) => stores().payloads.insert(row)));
    expect(stores().writeCounts.writers - writers).toBe(100);
    expect(stores().writeCounts.commits - commits).toBeLessThanOrEqual(5);
  });

  test.each([
    ['are read', ({ payloads }, id) => payloads.takeRead(id, now, newHashId())],
    ['are deleted', ({ payloads }, id) => payloads.remove(id, now)],
  ] as [string, (stores: TemporaryStores, id: string) => Promise<number | boolean | undefined>][])(
    '%s in shared transactions, and each is counted as one write',
    async (_, write) => {
      const inRing = Array.from({ length: 50 }, () => somePayload({ readsLeft: 1 }));
      const outside = Array.from({ length: 50 }, () => somePayload({ readsLeft: 1, expiresAt: now + hour }));
      const rows = [...inRing, ...outside];
      await Promise.all(rows.map((row) => stores().payloads.insert(row)));
      const { commits, writers } = { ...stores().writeCounts };
      const outcomes = await Promise.all(rows.map(({ id }) => write(stores(), id)));
      expect(outcomes.filter((outcome) => outcome === 0 || outcome === true)).toHaveLength(100);
      expect(stores().writeCounts.writers - writers).toBe(100);
      expect(stores().writeCounts.commits - commits).toBeLessThanOrEqual(5);
      expect(await stores().inventory.wrongUsage()).toEqual([]);
    },
  );

  test('are deleted once if an id is given twice', async () => {
    const row = somePayload();
    await stores().payloads.insert(row);
    const outcomes = [row, somePayload(), row].map(({ id }) => stores().payloads.remove(id, now));
    expect(await Promise.all(outcomes)).toEqual([true, false, false]);
  });

  test('are stored once if an id is given twice', async () => {
    const [row = somePayload(), ...others] = payloadsOf(10);
    const outcomes = await Promise.all([row, ...others, row].map((each) => stores().payloads.insert(each)));
    expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(10);
  });

  test('are stored although one of them is refused', async () => {
    const rows = payloadsOf(5);
    const wrong = stores().payloads.insert(somePayload({ name: 'no\u0000text' }));
    const others = Promise.all(rows.map((row) => stores().payloads.insert(row)));
    await expect(wrong).rejects.toThrow();
    expect(await others).toEqual(rows.map(() => 'stored'));
  });

  test('keep their answers, except one whose lease is lost and one that exists', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => claimAnswer()));
    const rows = payloadsOf(5);
    const lost = { row: somePayload(), answer: await claimAnswer('another') };
    const existing = { row: somePayload(), answer: await claimAnswer() };
    await stores().payloads.insert(existing.row);
    const failed = failureOf(() => stores().payloads.insert(lost.row, lost.answer.seal));
    const again = stores().payloads.insert(existing.row, existing.answer.seal);
    const outcomes = await Promise.all(
      rows.map((row, index) => stores().payloads.insert(row, answers[index]?.seal)),
    );
    expect(outcomes).toEqual(rows.map(() => 'stored'));
    expect((await failed).code).toBe('store_away');
    expect(await again).toBe('exists');
    for (const { kept } of answers) expect(await kept()).toEqual(Buffer.from([1, 2]));
    expect(await lost.answer.kept()).toBeNull();
    expect(await existing.answer.kept()).toBeNull();
    expect(await isStored(lost.row.id)).toBe(false);
    // After an unknown outcome, the same call is repeated.
    expect(await stores().payloads.insert(rows[0] ?? somePayload(), answers[0]?.seal)).toBe('exists');
  });

  test('lose each counted read to one of 24 readers on three connections', async () => {
    const rows = Array.from({ length: 10 }, () => somePayload({ readsLeft: 5 }));
    await Promise.all(rows.map((row) => stores().payloads.insert(row)));
    const reads = rows.flatMap(({ id }) =>
      Array.from({ length: 24 }, (_, reader) =>
        (connections()[reader % 3] ?? stores()).payloads.takeRead(id, now, newHashId()),
      ),
    );
    const taken = (await Promise.all(reads)).filter((left) => left !== undefined);
    expect(taken.toSorted()).toEqual([0, 1, 2, 3, 4].flatMap((left) => rows.map(() => left)));
    for (const { id } of rows) expect(await isStored(id)).toBe(false);
  });

  test('lose one read to each token, however often it is repeated', async () => {
    const row = somePayload({ readsLeft: 3 });
    await stores().payloads.insert(row);
    for (const expected of [2, 1, 0]) {
      const token = newHashId();
      const calls = connections().flatMap(({ payloads }) =>
        Array.from({ length: 4 }, () => payloads.takeRead(row.id, now, token)),
      );
      expect(new Set(await Promise.all(calls))).toEqual(new Set([expected]));
      expect(await stores().payloads.takeRead(row.id, now, token)).toBe(expected);
    }
    expect(await stores().payloads.takeRead(row.id, now, newHashId())).toBeUndefined();
  });

  test('keep the token of a read for an hour', async () => {
    const row = somePayload({ readsLeft: 1 });
    await stores().payloads.insert(row);
    const token = newHashId();
    expect(await stores().payloads.takeRead(row.id, now, token)).toBe(0);
    await stores().payloads.expire(now + hour - 1, 10);
    expect(await stores().payloads.takeRead(row.id, now, token)).toBe(0);
    await stores().payloads.expire(now + hour, 10);
    expect(await stores().payloads.takeRead(row.id, now, token)).toBeUndefined();
  });
});
