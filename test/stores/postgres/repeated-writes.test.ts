import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../../src/core/ids.ts';
import { ownSizes } from '../../../src/core/ports/files/upload-store.ts';
import type { PlacedPayload } from '../../../src/core/ports/payload-store.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { leaseTime } from '../../ports/claims.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { bookingOf, noQuota, someAccount, someUpload } from '../../ports/some-object.ts';
import { someBlobPayload, somePayload } from '../../ports/some-payload.ts';
import { waitFor } from '../../support/wait-for.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';

const now = Date.UTC(2025, 2, 1);
const hour = 3_600_000;

const holdCounters = unprepared('LOCK TABLE storage_counters IN EXCLUSIVE MODE');
const waiting = unprepared(
  `SELECT count(*)::int AS count FROM pg_stat_activity
   WHERE datname = current_database() AND wait_event_type = 'Lock'`,
);

describe('a write that is repeated while its first call is still running', () => {
  const connections = openedForSuite(openPostgresStores, 3);
  const stores = () => connections()[0];
  const other = (index: number) => connections()[index] ?? stores();

  async function waitForLocks(count: number): Promise<void> {
    await waitFor(`${count} calls that wait`, async () => {
      const [row] = await stores().sql.read<{ count: number }>(waiting);
      return row?.count === count;
    });
  }

  /** Makes the same call twice. The first one is at its last statement when the second one begins. */
  async function twice<T>(call: (each: TemporaryStores) => Promise<T>): Promise<T[]> {
    const calls = await stores().sql.transaction(async (tx) => {
      await tx.run(holdCounters);
      const first = call(other(1));
      await waitForLocks(1);
      const second = call(other(2));
      await waitForLocks(2);
      return [first, second];
    });
    return Promise.all(calls);
  }

  async function insertTwice(row: PlacedPayload, isIdempotent: boolean): Promise<unknown[]> {
    const id = newHashId();
    const record = { id, fingerprint: 'f', holder: 'holder', expiresAt: now + hour, answer: null };
    if (isIdempotent) await stores().idempotency.claim(record, now, leaseTime);
    const seal = isIdempotent ? () => ({ id, holder: 'holder', sealed: Uint8Array.of(1) }) : undefined;
    return twice(({ payloads }) => payloads.insert(row, seal));
  }

  test.each([
    ['inline', false],
    ['inline', true],
    ['inline of an account', false],
    ['inline of an account', true],
    ['in the blob store', false],
    ['in the blob store', true],
  ] as const)('(a create %s, idempotent: %p) finds that it took effect', async (kind, isIdempotent) => {
    const account = someAccount();
    await stores().accounts.insert(account);
    const key = newHashId();
    if (kind === 'in the blob store') await stores().journal.reserve(key, now, leaseTime);
    const row =
      kind === 'in the blob store'
        ? someBlobPayload(key)
        : somePayload({ accountId: kind === 'inline' ? null : account.id });
    // Those in batches wait before they begin, so either may be first.
    expect((await insertTwice(row, isIdempotent)).toSorted()).toEqual(['exists', 'stored']);
    expect(await stores().inventory.wrongUsage()).toEqual([]);
    expect(await stores().journal.count()).toBe(0);
  });

  test.each([
    ['current', somePayload()],
    ['earlier', somePayload({ expiresAt: now + hour })],
  ])(
    '(the last read of a payload with an id of the %s version) is taken once and served',
    async (_, given) => {
      const row = { ...given, readsLeft: 1 };
      await stores().payloads.insert(row);
      const token = newHashId();
      expect(await twice(({ payloads }) => payloads.takeRead(row.id, now, token))).toEqual([0, 0]);
    },
  );

  describe('(of a part that is sent to the blob store)', () => {
    const limits = { ...noQuota, maxObjectBytes: 150 };
    const seal = (result: unknown) => ({ id: 'request', holder: 'holder', sealed: asBytes(result) });
    const asBytes = (result: unknown) => Buffer.from(JSON.stringify(result));

    /** An upload with a booked part of 100 bytes. */
    async function bookedPart() {
      const { accounts, uploads } = stores();
      const account = someAccount();
      await accounts.insert(account);
      const upload = someUpload(account, { directKey: newHashId(), partSize: ownSizes, declaredSize: 0 });
      await uploads.start(upload, noQuota, now + hour);
      const part = { number: 1, size: 100, etag: newHashId() };
      const booking = bookingOf(part);
      const book = () => uploads.bookPart(upload.id, booking, now, limits);
      expect([await book(), await book()]).toEqual(['booked', 'booked']);
      const reserved = async () => [
        (await accounts.usage(account.id)).reservedBytes,
        (await uploads.find(upload.id))?.declaredSize,
      ];
      expect(await reserved()).toEqual([100, 100]);
      return { id: upload.id, part, booking, reserved };
    }

    test('records it once, and keeps the answer of the first call', async () => {
      const { uploads, idempotency } = stores();
      const record = {
        id: 'request',
        fingerprint: 'f',
        holder: 'holder',
        expiresAt: now + hour,
        answer: null,
      };
      await idempotency.claim(record, now, leaseTime);
      const { id, part, booking, reserved } = await bookedPart();
      const receive = () => uploads.receivePart(id, { part, booking, seal }, now);
      expect([await receive(), await receive()]).toEqual(['received', 'received']);
      expect(await reserved()).toEqual([100, 100]);
      expect(await uploads.parts(id)).toEqual([{ ...part, key: '' }]);
      expect((await idempotency.claim(record, now, leaseTime)).answer).toEqual(asBytes(part));
      // The part may have been recorded although the caller does not know.
      await uploads.unbookPart(id, booking);
      expect(await reserved()).toEqual([100, 100]);
    });

    test('frees its size once', async () => {
      const { uploads } = stores();
      const { id, booking, reserved } = await bookedPart();
      await uploads.unbookPart(id, booking);
      await uploads.unbookPart(id, booking);
      expect(await reserved()).toEqual([0, 0]);
    });
  });
});
