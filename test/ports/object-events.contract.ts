import { describe, expect, test } from 'bun:test';
import { eventsAbout, eventsAboutUpload } from '../../src/core/buckets/object-events.ts';
import { newHashId } from '../../src/core/ids.ts';
import type { EventFactory, ObjectEvent, StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import {
  batchOptions,
  bucketSceneOf,
  newObject,
  nothingHeld,
  now,
  type OpenBucketStores,
  objectOf,
  removalOptions,
  writeOptions,
} from './bucket-scene.ts';
import { addReceiver as addReceiverTo } from './event-receiver.ts';
import { inlineContent, noQuota, someConfirmation, someDescription, storeObject } from './some-object.ts';

/** The contract for the events that object writes and the sweep add to the outbox. */
export function objectEventsContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);
    const expiredEvents = eventsAbout(now, 'object.expired');
    const sweep = async (at = now) => {
      while (!(await scene().stores.objects.expire(at, 1000, expiredEvents)).isDone);
    };

    /** Puts an object with an event whose body is `body`. */
    function putWith(body: () => string, event: Partial<ObjectEvent> = {}) {
      const { stores, bucket } = scene();
      const events = () => [
        { event: 'object.created', subject: 'subject', at: now, body, newDeliveryId: newHashId, ...event },
      ];
      const object = newObject({ bucket, key: 'key' });
      return stores.objectWrites.put(object, inlineContent(10), noQuota, {
        ...writeOptions(),
        events,
      });
    }

    describe('event', () => {
      test('is built from the bucket name and the object that was written or deleted', async () => {
        const { stores, bucket } = scene();
        const calls: [string, string, StoredObject][] = [];
        const note =
          (which: string): EventFactory =>
          (bucketName, object) => {
            calls.push([which, bucketName, object]);
            return [];
          };
        const options = { events: note('events'), expiredEvents: note('expiredEvents') };
        const put = (at: number, expiresAt: number | null = null) =>
          stores.objectWrites.put(
            newObject({ bucket, key: 'key', at, expiresAt }),
            inlineContent(10),
            noQuota,
            { ...writeOptions({ at }), ...options },
          );
        const first = await put(now, now + 5);
        const second = await put(now + 5);
        await put(now + 6, now + 7);
        expect(calls.map(([which, bucketName]) => [which, bucketName])).toEqual([
          ['events', bucket.name],
          // The replaced object had expired. Replacing an unexpired object adds no event for the old one.
          ['expiredEvents', bucket.name],
          ['events', bucket.name],
          ['events', bucket.name],
        ]);
        expect(calls[0]?.[2]).toMatchObject({ id: objectOf(first)?.id, size: 10 });
        expect(calls[1]?.[2]).toMatchObject({ id: objectOf(first)?.id, expiresAt: now + 5 });
        expect(calls[2]?.[2]).toMatchObject({ id: objectOf(second)?.id, updatedAt: now + 5 });
      });

      test('goes to the active webhooks of the account that subscribe to it', async () => {
        const { stores, account, addReceiver, insertAccount, insertBucket, put } = scene();
        const other = await insertAccount();
        const receivers = {
          all: await addReceiver(),
          created: await addReceiver(['object.created']),
          deleted: await addReceiver(['object.deleted', 'object.expired']),
          inactive: await addReceiver(),
          removed: await addReceiver(),
        };
        await stores.webhooks.update(account.id, receivers.inactive.webhook.id, { active: false });
        await stores.webhooks.remove(account.id, receivers.removed.webhook.id);
        await put('key');
        await put('key', { bucket: await insertBucket({ accountId: other.id }) });
        const heard = async () =>
          Object.fromEntries(
            await Promise.all(
              Object.entries(receivers).map(async ([who, { events }]) => [who, await events()]),
            ),
          );
        const nothing = { deleted: [], inactive: [], removed: [] };
        expect(await heard()).toEqual({ ...nothing, all: ['object.created'], created: ['object.created'] });
        await stores.webhooks.update(account.id, receivers.inactive.webhook.id, { active: true });
        await stores.webhooks.update(account.id, receivers.created.webhook.id, { events: [] });
        await put('key');
        expect(await heard()).toEqual({
          ...nothing,
          all: ['object.created', 'object.created'],
          created: ['object.created'],
          inactive: ['object.created'],
        });
      });

      test('reaches each webhook with its body, subject and time', async () => {
        const { addReceiver } = scene();
        const receivers = [await addReceiver(), await addReceiver()];
        await putWith(() => '{"of":"the event “😀”"}', { subject: 'bucket/a key', at: now + 3 });
        const received = [];
        for (const { receive } of receivers) received.push(...(await receive(now + 3)));
        const expected = {
          ...{ event: 'object.created', subject: 'bucket/a key', createdAt: now + 3, attempts: 1 },
          body: '{"of":"the event “😀”"}',
        };
        expect(received).toMatchObject([expected, expected]);
        expect(new Set(received.map(({ id }) => id)).size).toBe(2);
      });

      test('builds its body only if a webhook subscribes to it', async () => {
        const { addReceiver } = scene();
        await addReceiver(['object.deleted']);
        const unwanted = () => {
          throw new Error('no webhook subscribes to this event');
        };
        expect(await putWith(unwanted)).toMatchObject({ isNew: true });
      });

      test('is reported after its commit, and only if a webhook subscribes to it', async () => {
        const { stores, bucket, addReceiver, put } = scene();
        await addReceiver(['object.deleted']);
        const before = stores.entered.times;
        await put('key');
        expect(stores.entered.times).toBe(before);
        await stores.objectWrites.remove(bucket, 'key', now, removalOptions());
        expect(stores.entered.times).toBe(before + 1);
        await expect(stores.objectWrites.remove(bucket, 'key', now, removalOptions())).rejects.toThrow();
        expect(stores.entered.times).toBe(before + 1);
      });
    });

    test('events of writes to one key reach a webhook in the order of the writes', async () => {
      const { stores, bucket, addReceiver, put } = scene();
      const { receive } = await addReceiver();
      await put('key', { expiresAt: now + 1 });
      await put('key', { at: now + 1 });
      await put('key', { at: now + 1, expiresAt: now + 2 });
      await stores.objectWrites.remove(bucket, 'key', now + 1, removalOptions({ at: now + 1 }));
      await put('key', { at: now + 1, expiresAt: now + 2 });
      await stores.objectWrites.removeMany(bucket, ['key'], now + 2, batchOptions(now + 2));
      expect((await receive(now + 2)).map(({ event }) => event)).toEqual([
        ...['object.created', 'object.expired', 'object.created', 'object.created', 'object.deleted'],
        ...['object.created', 'object.expired'],
      ]);
    });

    test('events of one write about one subject are due one after the other', async () => {
      const { stores, bucket, addReceiver } = scene();
      const { webhook, receive } = await addReceiver();
      const object = newObject({ bucket, key: 'key' });
      await stores.objectWrites.put(object, inlineContent(10), noQuota, {
        ...writeOptions(),
        events: eventsAboutUpload(now, 'upload'),
      });
      const due = async () =>
        (await stores.outbox.due(now))
          .filter(({ webhookId }) => webhookId === webhook.id)
          .map(({ id }) => id);
      const [claimed] = await stores.outbox.claim(await due(), now, 60_000);
      expect(claimed?.event).toBe('upload.completed');
      expect(await due()).toEqual([]);
      if (claimed) await stores.outbox.delivered(claimed, 200, now);
      expect((await receive()).map(({ event }) => event)).toEqual(['object.created']);
    });

    test('events of one batch delete reach a webhook in the order of the keys', async () => {
      const { stores, bucket, addReceiver, put } = scene();
      const keys = Array.from({ length: 100 }, (_, n) => `key ${100 + n}`);
      for (const key of keys) await put(key);
      const { receive } = await addReceiver();
      await stores.objectWrites.removeMany(bucket, keys, now, batchOptions());
      const received = await receive();
      expect(received.map(({ subject }) => subject)).toEqual(keys.map((key) => `${bucket.name}/${key}`));
    });

    describe('the sweep of expired objects', () => {
      test('adds one event per object and updates the usage of bucket and account', async () => {
        const { bucket, put, blob, addReceiver, usage, held, due, read } = scene();
        const placed = await blob(1000);
        await put('blob', { placed, expiresAt: now });
        await put('inline', { expiresAt: now - 1 });
        const alive = await blob(10);
        await put('alive', { placed: alive, expiresAt: now + 1 });
        const { receive } = await addReceiver(['object.expired']);
        await sweep();
        await sweep();
        const events = (await receive()).map(({ event, subject }) => ({ event, subject }));
        expect(events.toSorted((one, two) => ((one.subject ?? '') < (two.subject ?? '') ? -1 : 1))).toEqual([
          { event: 'object.expired', subject: `${bucket.name}/blob` },
          { event: 'object.expired', subject: `${bucket.name}/inline` },
        ]);
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 10, storedObjects: 1 });
        expect(await held(bucket, 0)).toEqual({ objectCount: 1, sizeBytes: 10 });
        expect(await due([placed, alive])).toEqual([placed.key]);
        expect([await read('blob'), await read('inline')]).toEqual([undefined, undefined]);
      });

      test('removes the oldest expiry first, up to a limit', async () => {
        const { stores, put, addReceiver, bucket } = scene();
        await sweep();
        await put('late', { expiresAt: now - 1 });
        await put('early', { expiresAt: now - 3 });
        await put('middle', { expiresAt: now - 2 });
        const { receive } = await addReceiver();
        expect(await stores.objects.earliestExpiry()).toBe(now - 3);
        expect(await stores.objects.expire(now, 2, expiredEvents)).toMatchObject({ removed: 2 });
        const subjects = (await receive()).map(({ subject }) => subject);
        expect(subjects.toSorted()).toEqual([`${bucket.name}/early`, `${bucket.name}/middle`]);
      });

      test('adds the events of each account for its own webhooks', async () => {
        const { stores, put, insertAccount, insertBucket, bucket, addReceiver } = scene();
        const other = await insertAccount();
        const otherBucket = await insertBucket({ accountId: other.id });
        for (const each of [bucket, otherBucket]) await put('key', { bucket: each, expiresAt: now });
        const receivers = [
          await addReceiver(),
          await addReceiverTo(stores, other.id, now),
          await addReceiver(['object.deleted']),
        ];
        await sweep();
        const subjects = receivers.map(async ({ receive }) =>
          (await receive()).map(({ subject }) => subject),
        );
        expect(await Promise.all(subjects)).toEqual([
          [`${bucket.name}/key`],
          [`${otherBucket.name}/key`],
          [],
        ]);
      });

      test('adds no event for files, whose bucket has no name', async () => {
        const { stores, account, addReceiver } = scene();
        const { events } = await addReceiver();
        const confirmation = someConfirmation({ expiresAt: now });
        await storeObject(stores.uploads, someDescription(account), inlineContent(10), confirmation);
        await sweep();
        expect(await events()).toEqual([]);
        expect(await stores.objects.list(account.filesBucketId, {}, 0, 10)).toEqual([]);
      });
    });
  });
}
