import { afterAll, expect, test } from 'bun:test';
import type { Runtime } from '../../support/mayfly-process.ts';
import type { PartName } from '../../support/parts.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { WebhookReceiver } from '../../support/webhook-receiver.ts';
import { type FileServer, startFileServer, sweep } from '../file-server.ts';
import {
  answered,
  bucketPath,
  call,
  done,
  newBucket,
  objectPath,
  remove,
  type StoredObject,
  stored,
  time,
} from './client.ts';
import { completed, fullPart, sent, started as startedUpload } from './upload-client.ts';
import { changed, deliveriesOf, newListener, receivedBy, shortly, webhookPath } from './webhook-client.ts';

async function events(runtime: Runtime, parts: PartName[], withS3 = false): Promise<void> {
  const receivers: WebhookReceiver[] = [];
  let started: Promise<FileServer> | undefined;
  const server = () => {
    started ??= startFileServer({ runtime, withS3, clockless: true });
    return started;
  };
  afterAll(async () => {
    // Stop the receivers first: a server that stops waits for pending responses.
    await Promise.all(receivers.map((receiver) => receiver.stop()));
    await (await started)?.stop();
  });
  const listener = async (names?: string[]) => newListener(await server(), receivers, names);
  const untilReceived = (receiver: WebhookReceiver, count: number) =>
    waitFor(`${count} calls`, () => receiver.calls.length >= count && receivedBy(receiver));

  await suiteWith(parts, `webhooks of accounts on ${runtime}${withS3 ? ' with S3' : ''}`, () => {
    test('receive a new object as the API shows it, with a valid signature', async () => {
      const { client, receiver, webhook } = await listener();
      const { name } = await newBucket(client);
      const object = await stored(client, name, 'a/b ü.txt', 'hello', { 'x-meta-who': 'me' });
      const [received] = await untilReceived(receiver, 1);
      const [sentCall] = receiver.calls;
      expect(sentCall).toMatchObject({ isVerified: true, id: expect.stringMatching(/^msg_/) });
      expect(sentCall?.headers['content-type']).toStartWith('application/json');
      expect(Math.abs((sentCall?.timestamp ?? 0) - Date.now() / 1000)).toBeLessThan(10);
      expect(received).toEqual({ type: 'object.created', timestamp: expect.any(String), data: object });
      expect(Date.parse(received?.timestamp ?? '')).toBe(Date.parse(object.createdAt));
      expect(sentCall?.body).not.toContain(client.key);
      const { data } = await waitFor('the note', async () => {
        const page = await deliveriesOf(client, webhook.id);
        return page.data[0]?.status === 'delivered' && page;
      });
      expect(data).toEqual([
        {
          ...{ id: sentCall?.id ?? '', event: 'object.created', status: 'delivered', attempts: 1 },
          ...{ lastStatus: 200, nextAttemptAt: null, createdAt: expect.stringMatching(time) },
        },
      ]);
    });

    test('receive replacements, copies and deletions, single and in batches', async () => {
      const { client, receiver } = await listener();
      const { name } = await newBucket(client);
      for (const key of ['a', 'b', 'c']) await stored(client, name, key);
      const replaced = await stored(client, name, 'a', 'other', {}, 200);
      const copy = await answered<StoredObject>(
        call(client, 'POST', `${objectPath(name, 'a')}/copy`, { json: { destinationKey: 'd' } }),
        201,
      );
      await done(remove(client, name, 'd'));
      await answered(
        call(client, 'POST', `${bucketPath(name)}/objects/batch-delete`, {
          json: { keys: ['b', 'c', 'unknown', 'b'] },
        }),
      );
      const received = await untilReceived(receiver, 8);
      const of = (key: string) => received.filter(({ data }) => data.key === key);
      expect(shortly(of('a'))).toEqual(['object.created a', 'object.created a']);
      expect(of('a')[1]?.data).toEqual(replaced);
      expect(shortly(of('b'))).toEqual(['object.created b', 'object.deleted b']);
      expect(shortly(of('c'))).toEqual(['object.created c', 'object.deleted c']);
      expect(shortly(of('d'))).toEqual(['object.created d', 'object.deleted d']);
      expect(of('d').map(({ data }) => data)).toEqual([copy, copy]);
      await Bun.sleep(300);
      expect(receiver.calls).toHaveLength(8);
      expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(8);
    });

    test('receive an upload in parts, and then its object', async () => {
      const { client, receiver } = await listener();
      const { name } = await newBucket(client);
      const upload = await startedUpload(client, name, 'film.mp4');
      const sentParts = [await sent(client, upload, 1, fullPart(1)), await sent(client, upload, 2, 'end')];
      const object = await completed(client, upload, sentParts);
      const received = await untilReceived(receiver, 2);
      expect(received.map(({ type, data }) => ({ type, data }))).toEqual([
        { type: 'upload.completed', data: { ...object, uploadId: upload.uploadId } },
        { type: 'object.created', data: object },
      ]);
    });

    test('receive expiries, by a sweep or by a replacement', async () => {
      const { client, receiver } = await listener(['object.expired']);
      const { name } = await newBucket(client);
      const object = await stored(client, name, 'swept', 'x', { 'x-ttl': '1' });
      await stored(client, name, 'replaced', 'x', { 'x-ttl': '1' });
      await stored(client, name, 'stays', 'x');
      await waitFor('the expiry', () => Date.now() >= Date.parse(object.expiresAt ?? '') + 50);
      await stored(client, name, 'replaced', 'y');
      await sweep(await server());
      const received = await untilReceived(receiver, 2);
      expect(shortly(received).toSorted()).toEqual(['object.expired replaced', 'object.expired swept']);
      expect(received.find(({ data }) => data.key === 'swept')?.data).toEqual(object);
      await Bun.sleep(1200);
      expect(receiver.calls).toHaveLength(2);
    });

    test('receive only the chosen events of their own account, while they are active', async () => {
      const { client, receiver, webhook } = await listener(['object.deleted']);
      const other = await listener();
      const { name } = await newBucket(client);
      await stored(client, name, 'a');
      await done(remove(client, name, 'a'));
      await untilReceived(receiver, 1);
      await changed(client, webhook.id, { active: false });
      await stored(client, name, 'b');
      await done(remove(client, name, 'b'));
      await changed(client, webhook.id, { active: true, events: ['object.created'] });
      await stored(client, name, 'c');
      await untilReceived(receiver, 2);
      await done(call(client, 'DELETE', webhookPath(webhook.id)));
      await stored(client, name, 'd');
      await Bun.sleep(1200);
      expect(shortly(receivedBy(receiver))).toEqual(['object.deleted a', 'object.created c']);
      expect(other.receiver.calls).toEqual([]);
    });
  });
}

await events('bun', []);
await events('bun', ['versitygw'], true);
await events('deno', ['deno']);
