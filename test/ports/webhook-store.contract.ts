import { beforeEach, describe, expect, test } from 'bun:test';
import type { StoredWebhook, WebhookStore } from '../../src/core/ports/webhooks/webhook-store.ts';
import { claimDue } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { now, type WebhookScene, type WebhookStoreUnderTest, webhookScene } from './webhook-scene.ts';

/** The contract of every webhook store for webhooks (`src/core/ports/webhooks/webhook-store.ts`). */
export function webhookStoreContract(name: string, open: Open<WebhookStoreUnderTest>): void {
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

    test('a webhook is found by its own account, as inserted', async () => {
      const webhook = await scene.insert();
      expect(await store.find(accountId, webhook.id)).toEqual(webhook);
      expect(await store.find(otherId, webhook.id)).toBeUndefined();
      expect(await store.find(accountId, 'wh_unknown')).toBeUndefined();
    });

    test('a webhook is inserted only if its account has fewer than the limit', async () => {
      await scene.insert();
      await scene.insert({ accountId: otherId });
      const webhook = scene.webhookOf();
      expect(await store.insert(webhook, 1)).toBe('limit_reached');
      expect(await store.find(accountId, webhook.id)).toBeUndefined();
      expect(await store.insert(webhook, 2)).toBe('inserted');
    });

    test('webhooks are listed the oldest first, in pages, those of the same time by id', async () => {
      const made = [
        await scene.insert({ createdAt: now + 5 }),
        await scene.insert(),
        await scene.insert(),
        await scene.insert(),
      ];
      await scene.insert({ accountId: otherId });
      const [latest, ...rest] = made;
      const expected = [...rest.toSorted((one, other) => (one.id < other.id ? -1 : 1)), latest];
      expect(await store.list(accountId, undefined, 10)).toEqual(expected as StoredWebhook[]);
      const first = await store.list(accountId, undefined, 2);
      const second = await store.list(accountId, first[1], 2);
      expect([...first, ...second]).toEqual(expected as StoredWebhook[]);
      expect(await store.list(accountId, second[1], 2)).toEqual([]);
    });

    test('a webhook of a file route is not one of the account’s webhooks', async () => {
      const route = { accountId, slug: 's', maxSize: 1, types: [], createdAt: now };
      await scene.opened.fileRoutes.insert({
        ...route,
        webhook: { id: 'of the route', url: 'https://a.example/' },
      });
      expect(await store.list(accountId, undefined, 10)).toEqual([]);
      expect(await store.find(accountId, 'of the route')).toBeUndefined();
      expect(await store.update(accountId, 'of the route', { active: false })).toBe('webhook_gone');
      expect(await store.remove(accountId, 'of the route')).toBe(false);
      await scene.announce();
      expect(await scene.claim()).toEqual([]);
      expect(await store.insert(scene.webhookOf(), 1)).toBe('inserted');
    });

    test('an update changes only the given fields of an own webhook', async () => {
      const webhook = await scene.insert();
      const url = 'https://example.org/';
      expect(await store.update(accountId, webhook.id, { url })).toEqual({ ...webhook, url });
      expect(await store.update(accountId, webhook.id, {})).toEqual({ ...webhook, url });
      const changes = { events: ['object.expired'], active: false };
      expect(await store.update(accountId, webhook.id, changes)).toEqual({ ...webhook, url, ...changes });
      expect(await store.update(otherId, webhook.id, { url: 'x' })).toBe('webhook_gone');
      expect(await store.find(accountId, webhook.id)).toEqual({ ...webhook, url, ...changes });
    });

    test('every write stores the answer of its request, and none if nothing is written', async () => {
      const made = await scene.request<StoredWebhook>();
      const webhook = scene.webhookOf();
      await store.insert(webhook, 1000, made.seal);
      expect(await made.answer()).toEqual(webhook);
      const changed = await scene.request<StoredWebhook>();
      await store.update(accountId, webhook.id, { active: true, url: 'https://b.example/' }, changed.seal);
      expect(await changed.answer()).toEqual({ ...webhook, url: 'https://b.example/' });
      await scene.announce();
      const [id = ''] = await scene.deliveriesTo(webhook.id);
      const again = await scene.request<unknown>();
      await store.redeliver(accountId, webhook.id, id, now, again.seal);
      expect(await again.answer()).toMatchObject({ id, status: 'pending' });
      const [nothing, removed] = [await scene.request<null>(), await scene.request<null>()];
      expect(await store.remove(accountId, 'unknown', nothing.seal)).toBe(false);
      expect(await nothing.answer()).toBeUndefined();
      expect(await store.remove(accountId, webhook.id, removed.seal)).toBe(true);
      expect(await removed.answer()).toBeNull();
    });

    describe('an event', () => {
      test('is entered for each active webhook of its account that listens to it, with a unique id', async () => {
        const listening = [await scene.insert(), await scene.insert()];
        const other = await scene.insert({ events: ['object.expired'] });
        const silent = await scene.insert({ active: false });
        const anothers = await scene.insert({ accountId: otherId });
        let made = 0;
        const body = () => {
          made += 1;
          return `{"made":${made}}`;
        };
        await scene.opened.announce(accountId, 'object.created', 'b/k', now, body);
        expect(made).toBe(1);
        const claimed = await claimDue(scene.outbox, now, 1);
        expect(claimed.map(({ webhookId }) => webhookId).toSorted()).toEqual(
          listening.map(({ id }) => id).toSorted(),
        );
        for (const { id, body: sent, event, subject } of claimed) {
          expect(id).toMatch(/^msg_[0-9A-Z]{26}$/);
          expect([event, subject, sent]).toEqual(['object.created', 'b/k', '{"made":1}']);
        }
        expect(new Set(claimed.map(({ id }) => id)).size).toBe(2);
        for (const { id } of [other, silent, anothers]) expect(await scene.deliveriesTo(id)).toEqual([]);
      });

      test('builds its body only if a webhook listens', async () => {
        await scene.insert({ events: ['object.expired'] });
        await scene.opened.announce(accountId, 'object.created', 'b/k', now, () => {
          throw new Error('made in vain');
        });
        expect(await scene.claim()).toEqual([]);
      });
    });

    describe('a removed webhook', () => {
      test('is hidden at once, and gets no further events', async () => {
        const webhook = await scene.insert();
        await scene.announce();
        expect(await store.remove(otherId, webhook.id)).toBe(false);
        expect(await store.remove(accountId, webhook.id)).toBe(true);
        expect(await store.remove(accountId, webhook.id)).toBe(false);
        expect(await store.find(accountId, webhook.id)).toBeUndefined();
        expect(await store.list(accountId, undefined, 10)).toEqual([]);
        expect(await store.insert(scene.webhookOf({ id: 'next' }), 1)).toBe('inserted');
        await store.update(accountId, 'next', { active: false });
        await scene.announce();
        expect(await scene.claim()).toEqual([]);
      });

      test('is swept with its own deliveries, up to a limit', async () => {
        const [webhook, other] = [await scene.insert(), await scene.insert()];
        for (const key of ['a', 'b', 'c']) await scene.announce(`bucket/${key}`);
        await store.remove(accountId, webhook.id);
        expect(await scene.outbox.removeOld(0, 2)).toMatchObject({ removed: 2 });
        expect(await scene.outbox.removeOld(0, 2)).toEqual({ removed: 1, isDone: true });
        expect(await scene.outbox.removeOld(0, 2)).toEqual({ removed: 0, isDone: true });
        expect(await scene.deliveriesTo(webhook.id)).toEqual([]);
        expect(await scene.deliveriesTo(other.id)).toHaveLength(3);
        // The id can be used again, because the row no longer exists.
        await scene.insert({ id: webhook.id });
      });
    });
  });
}
