import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { StoredWebhook } from '../../src/core/ports/webhooks/webhook-store.ts';
import { type BucketStores, bucketSceneOf, now, type OpenBucketStores } from './bucket-scene.ts';
import { leaseTime } from './claims.ts';
import { callers, race, times } from './race.ts';

/** The contract of the stores of webhooks and of their outbox for concurrent calls. */
export function outboxRacesContract(name: string, open: OpenBucketStores, connectionCount: number): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, connectionCount);
    const webhookOf = (): StoredWebhook => ({
      ...{ id: `wh_${newHashId()}`, accountId: scene().account.id, url: 'https://example.com/hook' },
      ...{ events: ['object.created'], active: true, createdAt: now },
    });

    test('16 inserts of webhooks never exceed the limit', async () => {
      const { connections, stores, account } = scene();
      const values = await race(connections, ({ webhooks }) => webhooks.insert(webhookOf(), 5));
      expect(values.toSorted()).toEqual([
        ...times(5, 'inserted' as const),
        ...times(callers - 5, 'limit_reached' as const),
      ]);
      expect(await stores.webhooks.list(account.id, undefined, 100)).toHaveLength(5);
    });

    test('16 updates of different properties of a webhook lose no change', async () => {
      const { connections, stores, account, addReceiver } = scene();
      const { webhook } = await addReceiver();
      const changes = [{ url: 'https://example.org/' }, { events: ['object.deleted'] }, { active: false }];
      await race(connections, ({ webhooks }, caller) =>
        webhooks.update(account.id, webhook.id, changes[caller % 3] ?? {}),
      );
      expect(await stores.webhooks.find(account.id, webhook.id)).toEqual(
        Object.assign({ ...webhook }, ...changes),
      );
    });

    test('16 removals remove a webhook once and do not disturb concurrent writes', async () => {
      const { connections, stores, account, addReceiver, put, held } = scene();
      const { webhook } = await addReceiver();
      const values = await race<BucketStores, unknown>(connections, (via, caller) =>
        caller % 2 === 0 ? put(`key ${caller}`, { via }) : via.webhooks.remove(account.id, webhook.id),
      );
      expect(values.filter((value) => value === true)).toHaveLength(1);
      expect(await held()).toMatchObject({ objectCount: callers / 2 });
      expect(await stores.webhooks.find(account.id, webhook.id)).toBeUndefined();
    });

    test('16 callers abandon each pending delivery of an inactive webhook once', async () => {
      const { connections, stores, account, put, addReceiver } = scene();
      const { webhook } = await addReceiver();
      for (let count = 0; count < 5; count += 1) await put(`key ${count}`);
      await stores.webhooks.update(account.id, webhook.id, { active: false });
      const values = await race(connections, ({ webhooks }) => webhooks.abandonPending(webhook.id, 2));
      expect(values.reduce((sum, count) => sum + count)).toBe(5);
      const deliveries = await stores.webhooks.deliveries(webhook.id, undefined, 10);
      expect(deliveries.map(({ status }) => status)).toEqual(times(5, 'failed' as const));
    });

    test('16 workers claim each delivery once', async () => {
      const { connections, put, addReceiver } = scene();
      const receivers = [await addReceiver(), await addReceiver(), await addReceiver()];
      await put('key');
      const ids = new Set(receivers.map(({ webhook }) => webhook.id));
      const values = await race(connections, async ({ outbox }) => {
        const due = (await outbox.due(now)).filter(({ webhookId }) => ids.has(webhookId));
        return outbox.claim(
          due.map(({ id }) => id),
          now,
          leaseTime,
        );
      });
      const claimed = values.flat();
      expect(claimed.map(({ webhookId }) => webhookId).toSorted()).toEqual([...ids].toSorted());
      expect(claimed.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    });

    test('events of 16 concurrent puts of one key are delivered in the order of the writes', async () => {
      const { connections, put, addReceiver, read, bucket } = scene();
      const { receive } = await addReceiver();
      await race(connections, (via, caller) => put('key', { via, etag: `etag ${caller}` }));
      const received = await receive();
      expect(received).toHaveLength(callers);
      expect(new Set(received.map(({ subject }) => subject))).toEqual(new Set([`${bucket.name}/key`]));
      // The last event describes the object that is stored.
      const { object } = (await read('key')) ?? {};
      expect(JSON.parse(received.at(-1)?.body ?? '')).toMatchObject({ data: { etag: object?.etag ?? '' } });
    });

    test('only the oldest delivery about a subject is due', async () => {
      const { connections, stores, put, addReceiver } = scene();
      const { webhook } = await addReceiver();
      await race(connections, (via) => put('key', { via }));
      const dueIn = async ({ outbox }: BucketStores) =>
        (await outbox.due(now)).filter(({ webhookId }) => webhookId === webhook.id).map(({ id }) => id);
      const deliveries = (await stores.webhooks.deliveries(webhook.id, undefined, 100)).toReversed();
      const [oldest = '', next = ''] = deliveries.map(({ id }) => id);
      const claims = await race(connections, async (via) =>
        via.outbox.claim(await dueIn(via), now, leaseTime),
      );
      const claimed = claims.flat();
      expect(claimed.map(({ id }) => id)).toEqual([oldest]);
      // The others wait until this delivery succeeds or fails for good.
      expect(await dueIn(stores)).toEqual([]);
      for (const delivery of claimed) await stores.outbox.delivered(delivery, 200, now);
      expect(await dueIn(stores)).toEqual([next]);
    });

    test('16 redeliveries of one delivery make it due once', async () => {
      const { connections, stores, account, put, addReceiver } = scene();
      const { webhook, receive } = await addReceiver();
      await put('key');
      const [delivery] = await receive();
      await race(connections, ({ webhooks }) =>
        webhooks.redeliver(account.id, webhook.id, delivery?.id ?? '', now),
      );
      expect((await receive()).map(({ id, attempts }) => [id, attempts])).toEqual([[delivery?.id ?? '', 2]]);
      expect(await stores.webhooks.deliveries(webhook.id, undefined, 10)).toHaveLength(1);
    });
  });
}
