import { beforeEach, describe, expect, test } from 'bun:test';
import type { WebhookStore } from '../../src/core/ports/webhooks/webhook-store.ts';
import { hasWaiting } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { someAccount } from './some-object.ts';
import { now, type WebhookScene, type WebhookStoreUnderTest, webhookScene } from './webhook-scene.ts';

/** The contract of every webhook store for deliveries (`src/core/ports/webhooks/webhook-store.ts`). */
export function webhookDeliveriesContract(name: string, open: Open<WebhookStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let scene: WebhookScene;
    let store: WebhookStore;
    let accountId: string;
    let otherId: string;
    beforeEach(async () => {
      scene = await webhookScene((await openStores()).stores);
      ({ store, accountId, otherId } = scene);
    });

    describe('deliveries', () => {
      test('are listed the newest first, in their current state', async () => {
        const webhook = await scene.insert();
        for (const key of ['a', 'b', 'c']) await scene.announce(`bucket/${key}`);
        const [first = '', second = ''] = await scene.claim();
        expect(second).toBe('');
        await scene.failed(first, 503, now + 5000, now);
        const all = await store.deliveries(webhook.id, undefined, 10);
        expect(all.map(({ nextAttemptAt }) => nextAttemptAt)).toEqual([now, now, now + 5000]);
        expect(all[2]).toEqual({
          ...{ position: expect.any(String), id: first, event: 'object.created', status: 'pending' },
          ...{ attempts: 1, lastStatus: 503, nextAttemptAt: now + 5000, createdAt: now },
        });
        const page = await store.deliveries(webhook.id, undefined, 2);
        expect(page).toEqual(all.slice(0, 2));
        expect(await store.deliveries(webhook.id, page[1]?.position, 2)).toEqual(all.slice(2));
      });

      test('that wait for an older one show the time of its next try', async () => {
        const webhook = await scene.insert();
        for (const key of ['a', 'b', 'a', 'b', 'b']) await scene.announce(`bucket/${key}`);
        const [a = '', b = ''] = await scene.deliveriesTo(webhook.id);
        for (const [id, next] of [
          [a, now + 5000],
          [b, now + 30_000],
        ] as const) {
          expect(await scene.claim()).toEqual([id]);
          await scene.failed(id, 500, next, now);
        }
        const all = (await store.deliveries(webhook.id, undefined, 10)).toReversed();
        expect(all.map(({ nextAttemptAt }) => (nextAttemptAt ?? 0) - now)).toEqual([
          ...[5000, 30_000, 5000, 30_000, 30_000],
        ]);
      });

      test('of an inactive webhook fail the newest first, up to a limit', async () => {
        const [webhook, other] = [await scene.insert(), await scene.insert()];
        for (const key of ['a', 'a', 'a', 'b']) await scene.announce(`bucket/${key}`);
        const ids = await scene.deliveriesTo(webhook.id);
        expect(await store.abandonPending(webhook.id, 10)).toBe(0);
        await store.update(accountId, webhook.id, { active: false });
        expect(await store.abandonPending(webhook.id, 3)).toBe(3);
        const left = (await store.deliveries(webhook.id, undefined, 10)).filter(
          ({ status }) => status === 'pending',
        );
        expect(left.map(({ id }) => id)).toEqual([ids[0] ?? '']);
        expect(await store.abandonPending(webhook.id, 3)).toBe(1);
        expect(await scene.claim()).toEqual([expect.any(String)]);
        expect((await store.deliveries(other.id, undefined, 10)).map(({ status }) => status)).toEqual(
          Array(4).fill('pending'),
        );
      });

      test('of an inactive webhook that a crash left behind fail, and are not claimed', async () => {
        const webhook = await scene.insert();
        for (const key of ['a', 'a', 'b']) await scene.announce(`bucket/${key}`);
        await store.update(accountId, webhook.id, { active: false });
        expect(await scene.claim()).toEqual([]);
        const all = await store.deliveries(webhook.id, undefined, 10);
        expect(all.map(({ status, nextAttemptAt }) => [status, nextAttemptAt])).toEqual(
          Array(3).fill(['failed', null]),
        );
        expect(await hasWaiting(scene.outbox)).toBe(false);
      });
    });

    test('deliveries of an expired account are removed in batches, and then the account', async () => {
      const { accounts, webhooks } = scene.opened;
      const ending = someAccount({ expiresAt: now });
      await accounts.insert(ending);
      const webhook = scene.webhookOf({ accountId: ending.id });
      await webhooks.insert(webhook, 1000);
      for (let count = 0; count < 5; count += 1)
        await scene.opened.announce(ending.id, 'object.created', 'b/k', now, () => '{}');
      const left = async () => (await store.deliveries(webhook.id, undefined, 100)).length;
      for (const expected of [3, 1]) {
        expect(await accounts.expire(now, 2)).toEqual({ removed: 0, isDone: false });
        expect(await left()).toBe(expected);
      }
      expect(await accounts.expire(now, 2)).toEqual({ removed: 1, isDone: true });
      expect([await left(), await accounts.find(ending.id)]).toEqual([0, undefined]);
    });

    describe('a repeated delivery', () => {
      const stands = async (webhookId: string) =>
        (await store.deliveries(webhookId, undefined, 10))
          .toReversed()
          .map(({ status, nextAttemptAt }) => [status, nextAttemptAt]);
      const later = now + 1000;

      test('is due at once in every state', async () => {
        const webhook = await scene.insert();
        await scene.announce();
        const [id = ''] = await scene.claim();
        for (const end of [
          () => scene.delivered(id, 200, now),
          () => scene.failed(id, 500, null, now),
          () => scene.failed(id, 500, now + 99_999, now),
        ]) {
          await end();
          const again = await store.redeliver(accountId, webhook.id, id, later);
          expect(again).toMatchObject({ id, status: 'pending', nextAttemptAt: later });
          expect(await scene.claim(later)).toEqual([id]);
        }
      });

      test('requires its account and an active webhook', async () => {
        const [webhook, other] = [await scene.insert(), await scene.insert()];
        await scene.announce();
        const [id = ''] = await scene.deliveriesTo(webhook.id);
        expect(await store.redeliver(accountId, other.id, id, later)).toBe('delivery_gone');
        expect(await store.redeliver(otherId, webhook.id, id, later)).toBe('webhook_gone');
        await store.update(accountId, webhook.id, { active: false });
        expect(await store.redeliver(accountId, webhook.id, id, later)).toBe('webhook_inactive');
        expect(await store.redeliver(accountId, webhook.id, 'unknown', later)).toBe('delivery_gone');
        expect(await stands(webhook.id)).toEqual([['pending', now]]);
      });

      test('precedes later ones about the same subject, and waits for older ones', async () => {
        const webhook = await scene.insert();
        for (let count = 0; count < 3; count += 1) await scene.announce();
        const [one = '', two = '', three = ''] = await scene.deliveriesTo(webhook.id);
        for (const id of [one, two]) {
          expect(await scene.claim(now)).toEqual([id]);
          await scene.failed(id, 500, null, now);
        }
        expect(await scene.claim(now)).toEqual([three]);
        await scene.failed(three, 500, now + 5000, now);
        await store.redeliver(accountId, webhook.id, two, later);
        expect(await stands(webhook.id)).toEqual([
          ['failed', null],
          ['pending', later],
          ['pending', later],
        ]);
        await store.redeliver(accountId, webhook.id, one, later);
        const waiting = await store.redeliver(accountId, webhook.id, three, later + 1);
        expect(waiting).toMatchObject({ status: 'pending', nextAttemptAt: later });
        for (const id of [one, two, three]) {
          expect(await scene.claim(later + 5000)).toEqual([id]);
          await scene.delivered(id, 200, later);
        }
        expect(await hasWaiting(scene.outbox)).toBe(false);
      });

      test('delays the next try of a later one that is in progress', async () => {
        const webhook = await scene.insert();
        for (let count = 0; count < 2; count += 1) await scene.announce();
        const [one = '', two = ''] = await scene.deliveriesTo(webhook.id);
        await scene.claim(now);
        await scene.failed(one, 500, null, now);
        expect(await scene.claim(now)).toEqual([two]);
        await store.redeliver(accountId, webhook.id, one, later);
        await scene.failed(two, 500, later, later);
        expect(await scene.claim(later)).toEqual([one]);
        expect(await scene.claim(later)).toEqual([]);
        await scene.delivered(one, 200, later);
        expect(await scene.claim(later)).toEqual([two]);
      });
    });
  });
}
