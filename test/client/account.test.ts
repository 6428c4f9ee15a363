import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  type Client,
  createClient,
  type Progress,
  type Source,
  type UploadState,
} from '../../src/client/index.ts';
import { newKey } from '../api/buckets/client.ts';
import { type FileServer, startFileServer } from '../api/file-server.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { bytesOf, mebibyte, readable, same, someBytes, streaming } from './some-content.ts';

setDefaultTimeout(60_000);

let server: FileServer;
let client: Client;
const bucket = 'the-bucket';
beforeAll(async () => {
  server = await startFileServer();
  client = createClient({
    url: server.url,
    key: await newKey(server, 'account'),
    retry: { firstDelayMs: 10 },
  });
  await client.buckets.create(bucket);
});
afterAll(() => server.stop());

const refusal = (status: number, code: string) =>
  expect.objectContaining({ name: 'MayflyError', status, code });

describe('buckets', () => {
  test('are created, listed, changed and removed', async () => {
    const made = await client.buckets.create('for-a-while', { defaultTtlSeconds: 3600 });
    expect(made).toMatchObject({
      name: 'for-a-while',
      public: false,
      defaultTtlSeconds: 3600,
      objectCount: 0,
    });
    expect(await client.buckets.get('for-a-while')).toEqual(made);
    const first = await client.buckets.list({ limit: 1 });
    const second = await client.buckets.list({ limit: 1, cursor: first.nextCursor ?? '' });
    expect([...first.data, ...second.data].map(({ name }) => name)).toEqual(['for-a-while', bucket]);
    expect(await client.buckets.update('for-a-while', { public: true })).toMatchObject({ public: true });
    await client.buckets.remove('for-a-while');
    await expect(client.buckets.get('for-a-while')).rejects.toEqual(refusal(404, 'bucket_not_found'));
    await expect(client.buckets.create(bucket)).rejects.toEqual(refusal(409, 'bucket_already_exists'));
  });

  test('need a key', async () => {
    for (const key of [undefined, 'sk_live_wrong'])
      await expect(createClient({ url: server.url, key }).buckets.list()).rejects.toEqual(
        refusal(401, 'unauthorized'),
      );
  });

  test('issue signed URLs', async () => {
    const { url } = await client.buckets.sign(bucket, 'signed key', { method: 'PUT', expiresIn: 60 });
    expect((await fetch(url, { method: 'PUT', body: 'by a stranger' })).status).toBe(201);
    const signed = await client.buckets.sign(bucket, 'signed key', { method: 'GET', expiresIn: 60 });
    expect(await (await fetch(signed.url)).text()).toBe('by a stranger');
  });
});

describe('objects', () => {
  test.each(['plain', 'with/slashes', 'with space & ü?#%41', 'ends/copy', 'a/%2F/b', '日本'])(
    'have any key: %s',
    async (key) => {
      const metadata = { author: 'me' };
      const put = await client.objects.put(bucket, key, new TextEncoder().encode(key), {
        type: 'text/x-own',
        metadata,
        ttl: '1h',
      });
      expect(put).toMatchObject({ bucket, key, contentType: 'text/x-own', metadata });
      const read = await client.objects.get(bucket, key);
      expect(read).toMatchObject({ status: 200, metadata, etag: `"${put.etag}"`, expiresAt: put.expiresAt });
      expect(await new Response(read.stream).text()).toBe(key);
      const { data } = await client.objects.list(bucket, { prefix: key });
      expect(data.map((object) => object.key)).toEqual([key]);
      await client.objects.copy(bucket, key, { key: `${key} copied` });
      expect(await client.objects.info(bucket, `${key} copied`)).toMatchObject({ size: put.size, metadata });
      expect(await client.objects.removeMany(bucket, [key, `${key} copied`])).toMatchObject({ errors: [] });
      await expect(client.objects.info(bucket, key)).rejects.toEqual(refusal(404, 'http_404'));
    },
  );

  const large = 17 * mebibyte + 3;
  const bytes = someBytes(large);
  const sources: [string, number, (bytes: Uint8Array<ArrayBuffer>) => Source][] = [
    ['bytes', large, (bytes) => bytes],
    ['a Blob', large, (bytes) => new Blob([bytes])],
    ['a stream of known length', large, (bytes) => streaming(bytes, bytes.length)],
    ['a stream of unknown length', large, (bytes) => streaming(bytes)],
    ['a source with random access', large, (bytes) => readable(bytes)],
    ['a short stream of unknown length', 70_000, (bytes) => streaming(bytes)],
    ['a stream of unknown length that is one part', 8 * mebibyte, (bytes) => streaming(bytes)],
    ['an empty stream of unknown length', 0, (bytes) => streaming(bytes)],
    ['nothing', 0, (bytes) => bytes],
  ];
  test.each(sources)('are stored completely, from %s', async (name, size, source) => {
    const content = bytes.subarray(0, size);
    const progress: Progress[] = [];
    const put = await client.objects.put(bucket, name, source(content), {
      onProgress: (now) => progress.push(now),
    });
    expect(put).toMatchObject({ size, contentType: 'application/octet-stream' });
    const read = await client.objects.get(bucket, name);
    expect(same(await bytesOf(read.stream), content)).toBe(true);
    expect(progress.at(-1)?.sent ?? 0).toBe(size);
  });

  test('have the checksum that they were sent with, and are refused with a wrong one', async () => {
    await client.objects.put(bucket, 'checked', new TextEncoder().encode('content'));
    const sha256 = new Bun.CryptoHasher('sha256').update('content').digest('base64');
    expect((await client.objects.info(bucket, 'checked')).sha256).toBe(sha256);
    const altering = createClient({
      url: server.url,
      key: await newKey(server, 'account'),
      transport: ({ url, method, headers }) => fetch(url, { method, headers, body: 'c0ntent' }),
    });
    const put = altering.objects.put(bucket, 'checked', new TextEncoder().encode('content'));
    await expect(put).rejects.toEqual(refusal(400, 'invalid_request'));
  });

  test('can be read in ranges', async () => {
    await client.objects.put(bucket, 'in part', someBytes(100));
    const part = await client.objects.get(bucket, 'in part', { range: { start: 90 } });
    expect(part).toMatchObject({ status: 206, size: 100 });
    expect(await bytesOf(part.stream)).toEqual(someBytes(100).slice(90));
  });

  test('are written with conditions', async () => {
    const put = (conditions: object) => client.objects.put(bucket, 'conditional', someBytes(5), conditions);
    const { etag } = await put({ ifNoneMatch: '*' });
    await expect(put({ ifNoneMatch: '*' })).rejects.toEqual(refusal(412, 'precondition_failed'));
    await expect(put({ ifMatch: 'another' })).rejects.toEqual(refusal(412, 'precondition_failed'));
    const second = await put({ ifMatch: etag });
    await client.objects.remove(bucket, 'conditional', { ifMatch: `"${second.etag}"` });
  });

  test('in parts can be resumed by another client', async () => {
    const abandoned = new Error('the machine is switched off');
    let kept = '';
    const onUpload = (state: UploadState) => {
      kept = JSON.stringify(state);
      if (state.parts.some(({ etag }) => etag)) throw abandoned;
    };
    await expect(client.objects.put(bucket, 'resumed', bytes, { onUpload })).rejects.toBe(abandoned);
    const reported: number[] = [];
    const onProgress = ({ sent }: Progress) => reported.push(sent);
    const resume: UploadState = JSON.parse(kept);
    const starts: number[] = [];
    const source = readable(bytes, (start) => starts.push(start));
    await client.objects.put(bucket, 'resumed', source, { resume, onProgress });
    expect(reported[0]).toBeGreaterThan(0);
    const missing = resume.parts.flatMap(({ etag }, at) => (etag ? [] : [at * resume.partSize]));
    expect(starts).toEqual(missing);
    expect(same(await bytesOf((await client.objects.get(bucket, 'resumed')).stream), bytes)).toBe(true);
  });

  test('in parts that are aborted leave no upload behind', async () => {
    const abort = new AbortController();
    let uploadId = '';
    const call = {
      signal: abort.signal,
      onUpload: (state: UploadState) => {
        uploadId = state.uploadId;
      },
      onProgress: ({ sent }: Progress) => sent > mebibyte && abort.abort(new Error('enough')),
    };
    await expect(client.objects.put(bucket, 'aborted', bytes, call)).rejects.toThrow('enough');
    const again = await fetch(`${server.url}/v1/buckets/${bucket}/uploads/${uploadId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${await newKey(server, 'account')}` },
    });
    expect(again.status).toBe(404);
  });

  test('of a missing bucket are not sent', async () => {
    for (const source of [bytes, streaming(bytes), bytes.subarray(0, 10)])
      await expect(client.objects.put('no-such-bucket', 'key', source)).rejects.toEqual(
        refusal(404, 'bucket_not_found'),
      );
  });
});

describe('an account', () => {
  test('has its plan and its usage', async () => {
    const { name, limits, usage } = await client.account.get();
    expect({ name, limit: limits.storageBytes }).toEqual({ name: 'account', limit: null });
    expect(usage.storageBytes).toBeGreaterThan(0);
  });

  test('issues keys, which work until they are revoked', async () => {
    const { id, key, name } = await client.keys.create('second');
    expect(name).toBe('second');
    const second = createClient({ url: server.url, key });
    expect((await second.keys.list()).data.map((entry) => entry.id)).toContain(id);
    await client.keys.revoke(id);
    await expect(second.keys.list()).rejects.toEqual(refusal(401, 'unauthorized'));
    expect((await client.keys.create()).name).toBeNull();
  });

  test('has webhooks and their deliveries', async () => {
    let secret = '';
    const receiver = await startWebhookReceiver(() => secret);
    const made = await client.webhooks.create(receiver.url, ['object.created']);
    secret = made.signingSecret;
    expect(secret).toStartWith('whsec_');
    await client.objects.put(bucket, 'delivered', someBytes(10));
    const delivered = await waitFor('the delivery', async () => {
      const { data } = await client.webhooks.deliveries(made.id);
      return data.find(({ status }) => status === 'delivered');
    });
    expect(delivered).toMatchObject({ event: 'object.created', lastStatus: 200 });
    expect(receiver.calls[0]?.isVerified).toBe(true);
    expect(await client.webhooks.redeliver(made.id, delivered.id)).toMatchObject({ event: 'object.created' });
    expect(await client.webhooks.update(made.id, { active: false })).toMatchObject({ active: false });
    expect(await client.webhooks.get(made.id)).toMatchObject({ active: false });
    expect((await client.webhooks.list()).data.map(({ id }) => id)).toContain(made.id);
    await client.webhooks.remove(made.id);
    await expect(client.webhooks.get(made.id)).rejects.toEqual(refusal(404, 'webhook_not_found'));
    await receiver.stop();
  });
});

describe('files of PutPut', () => {
  test('are uploaded by a guest, listed and deleted', async () => {
    const { token, limits } = await client.files.guest();
    expect(limits.max_files).toBeGreaterThan(0);
    const guest = createClient({ url: server.url, key: token });
    const progress: Progress[] = [];
    const file = await guest.files.upload(
      new Blob(['content']),
      { filename: 'a.txt', content_type: 'text/plain', tags: ['one'] },
      { onProgress: (now) => progress.push(now) },
    );
    expect(file).toMatchObject({ original_name: 'a.txt', size_bytes: 7, tags: ['one'] });
    expect(progress.at(-1)).toEqual({ sent: 7, total: 7 });
    expect((await guest.files.list({ tag: 'one' })).files).toEqual([file]);
    expect((await guest.files.list({ tag: 'two' })).files).toEqual([]);
    const { download_url } = await guest.files.downloadUrl(file.id);
    expect(await (await fetch(download_url)).text()).toBe('content');
    await guest.files.remove(file.id);
    await expect(guest.files.remove(file.id)).rejects.toEqual(refusal(404, 'FILE_NOT_FOUND'));
    const unknownLength = guest.files.upload(streaming(someBytes(5)), {
      filename: 'b',
      content_type: 'text/plain',
    });
    await expect(unknownLength).rejects.toThrow('length');
  });
});
