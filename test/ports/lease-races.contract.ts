import { beforeEach, describe, expect, test } from 'bun:test';
import { Failure } from '../../src/core/failure.ts';
import { newHashId } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/account-store.ts';
import type { BlobJournal } from '../../src/core/ports/blob-journal.ts';
import type { BucketStore } from '../../src/core/ports/bucket-store.ts';
import type { IdempotencyRecord, IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import type { ObjectWrites } from '../../src/core/ports/object-writes.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';
import type { SubscriptionStore } from '../../src/core/ports/subscription-store.ts';
import type { WebhookStore } from '../../src/core/ports/webhook-store.ts';
import { inlineContent, someAccount } from '../stores/some-object.ts';
import { somePayload } from '../stores/some-payload.ts';
import { callers, closedAfterSuite, type Open, race } from './opened.ts';

type Stores = {
  accounts: AccountStore;
  buckets: BucketStore;
  idempotency: IdempotencyStore;
  journal: BlobJournal;
  objectWrites: ObjectWrites;
  payloads: PayloadStore;
  subscriptions: SubscriptionStore;
  webhooks: WebhookStore;
};

const now = Date.UTC(2025, 2, 1);
const later = now + 60_000;

/** What holds of leases and claims when 16 callers of several processes want the same. */
export function leaseRacesContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let processes: Stores[];
    beforeEach(async () => {
      const opened = await openStores();
      ({ stores } = opened);
      processes = [stores, await opened.openAgain()];
    });

    describe('the journal of blobs', () => {
      test('gives each record that is due to one of 16 claimers', async () => {
        const keys = Array.from({ length: 50 }, () => newHashId());
        for (const key of keys) await stores.journal.discard(key, now);
        const claims = await race(processes, ({ journal }) => journal.claimDue(now, later, 4));
        for (const claimed of claims) expect(claimed.length).toBeLessThanOrEqual(4);
        // Claimers that meet may leave records to the next one.
        const rest = await stores.journal.claimDue(now, later, 100);
        expect([...claims.flat(), ...rest].map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
      });

      test('lets a lease that ran out be renewed or claimed, never both', async () => {
        for (let round = 0; round < 10; round += 1) {
          const key = newHashId();
          await stores.journal.reserve(key, now);
          const claimed: string[] = [];
          const renewed = await race(processes, async ({ journal }, caller) => {
            if (caller === (round * 5) % callers) return journal.renew(key, later);
            claimed.push(...(await journal.claimDue(now, later, 10)).map((due) => due.key));
            return false;
          });
          expect(claimed).toEqual(renewed.includes(true) ? [] : [key]);
          await stores.journal.forget([key], now);
        }
      });

      test('keeps one record of a key that 16 callers discard at once', async () => {
        await race(processes, ({ journal }) => journal.discard('key', now));
        expect(await stores.journal.count()).toBe(1);
        expect((await stores.journal.claimDue(now, later, 10)).map(({ key }) => key)).toEqual(['key']);
      });
    });

    describe('an Idempotency-Key', () => {
      const recordOf = (given: Partial<IdempotencyRecord> = {}): IdempotencyRecord => ({
        ...{ id: 'a'.repeat(64), fingerprint: 'f'.repeat(64), holder: newHashId(), answer: null },
        ...{ leaseUntil: later, expiresAt: now + 86_400_000 },
        ...given,
      });

      test.each([
        ['that is free', undefined],
        ['whose lease ran out', { leaseUntil: now }],
        ['that has expired', { leaseUntil: now - 1, expiresAt: now }],
      ])('%s goes to one of 16 tries, and all learn which', async (_, before) => {
        if (before) await stores.idempotency.claim(recordOf(before), now - 2);
        const records = Array.from({ length: callers }, () => recordOf());
        const standing = await race(processes, ({ idempotency }, caller) =>
          idempotency.claim(records[caller] ?? recordOf(), now),
        );
        const holders = new Set(standing.map(({ holder }) => holder));
        expect(holders.size).toBe(1);
        expect(records.filter(({ holder }) => holders.has(holder))).toHaveLength(1);
      });

      test('keeps one of 16 answers, with the write of that one alone', async () => {
        const record = recordOf();
        await stores.idempotency.claim(record, now);
        const payloads = Array.from({ length: callers }, () => somePayload());
        const written = await race(processes, (each, caller) => {
          const answer = { id: record.id, holder: record.holder, sealed: Uint8Array.of(caller) };
          return each.payloads.insert(payloads[caller] ?? somePayload(), answer).catch((error: unknown) => {
            if (error instanceof Failure && error.code === 'store_away') return false;
            throw error;
          });
        });
        expect(written.filter(Boolean)).toHaveLength(1);
        const found = await Promise.all(payloads.map(({ id }) => stores.payloads.find(id)));
        expect(found.map((payload) => payload !== undefined)).toEqual(written);
        const { answer } = await stores.idempotency.claim(recordOf(), now);
        expect([...(answer ?? [])]).toEqual([written.indexOf(true)]);
      });
    });

    describe('deliveries to webhooks', () => {
      /** Webhooks of one account, and an event about each of these subjects for all of them. */
      async function announce(webhookIds: string[], subjects: string[]): Promise<void> {
        const account = someAccount({ name: 'acme' });
        await stores.accounts.insert(account);
        for (const id of webhookIds)
          await stores.subscriptions.insert(
            {
              ...{ id, accountId: account.id, url: `https://${id}.example/hook` },
              ...{ events: ['object.created'], active: true, createdAt: now },
            },
            () => undefined,
          );
        const described = { isPublic: false, defaultTtl: null, createdAt: now };
        const bucket = { id: newHashId(), accountId: account.id, name: 'photos', ...described };
        await stores.buckets.insert(bucket, () => undefined);
        const object = { mediaType: 'text/plain', contentEncoding: null, metadata: {}, digest: null };
        for (const subject of subjects)
          await stores.objectWrites.put(
            { ...object, bucket, id: newHashId(), key: newHashId(), etag: 'etag', at: now, expiresAt: null },
            inlineContent(10),
            {
              admit: () => undefined,
              tellExpired: () => [],
              tell: () => [{ event: 'object.created', subject, body: () => '{}', at: now }],
            },
          );
      }

      test('that are due are claimed by one of 16 callers each, and count one try', async () => {
        const ids = Array.from({ length: 6 }, (_, n) => `wh-${n}`);
        await announce(ids, ['a']);
        const due = (await stores.webhooks.due(now)).map(({ id }) => id);
        expect(due).toHaveLength(ids.length);
        const claims = await race(processes, ({ webhooks }) => webhooks.claim(due, now, later));
        const claimed = claims.flat();
        expect(claimed.map(({ webhookId }) => webhookId).toSorted()).toEqual(ids);
        expect(claimed.map(({ attempts }) => attempts)).toEqual(ids.map(() => 1));
      });

      test('about one subject leave in order, one at a time, however many callers claim them', async () => {
        await announce(['wh'], ['a', 'a', 'a']);
        const order: string[] = [];
        for (let turn = 0; turn < 3; turn += 1) {
          const claims = await race(processes, async ({ webhooks }) => {
            const due = await webhooks.due(now);
            return webhooks.claim(
              due.map(({ id }) => id),
              now,
              later,
            );
          });
          const [claimed, ...others] = claims.flat();
          expect(others).toEqual([]);
          if (claimed === undefined) throw new Error('nothing was claimed');
          order.push(claimed.id);
          await race(processes, ({ webhooks }) => webhooks.delivered(claimed.id, 200, now));
        }
        const delivered = await stores.subscriptions.deliveries('wh', undefined, 10);
        expect(delivered.map(({ id }) => id)).toEqual(order.toReversed());
        expect(delivered.map(({ status, attempts }) => [status, attempts])).toEqual(
          order.map(() => ['delivered', 1]),
        );
        expect(await stores.webhooks.countPending()).toBe(0);
      });
    });
  });
}
