import { beforeAll, describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  type Client,
  expectBytes,
  get,
  getBucket,
  head,
  list,
  newBucket,
  type StoredObject,
  sharedClient,
  stored,
  time,
} from '../client.ts';
import { expectError } from '../errors.ts';
import {
  abort,
  aborted,
  complete,
  completed,
  fullPart,
  joined,
  minPartSize,
  type Part,
  putPart,
  sent,
  started,
} from '../upload-client.ts';

/** Objects that are uploaded in parts (docs/contract/buckets.md, "Multipart uploads"). */
export function multipart(server: FileServerOf): void {
  let client: Client;
  let bucket: string;
  beforeAll(async () => {
    client = await sharedClient(await server());
    bucket = (await newBucket(client)).name;
  });
  const begin = (key = `film ${crypto.randomUUID()}.mp4`, fields = {}) =>
    started(client, bucket, key, fields);

  describe('uploads in parts', () => {
    test('last for a day, and are invisible before their completion', async () => {
      const { name } = await newBucket(client);
      const upload = await started(client, name, 'a/film.mp4');
      expect(upload).toEqual({
        uploadId: expect.stringMatching(/^[A-Za-z0-9._~-]+$/),
        bucket: name,
        key: 'a/film.mp4',
        expiresAt: expect.stringMatching(time),
      });
      const lasts = Date.parse(upload.expiresAt) - Date.now();
      expect(Math.abs(lasts - 24 * 3_600_000)).toBeLessThan(60_000);
      await sent(client, upload, 1, 'first');
      await expectError(await get(client, name, 'a/film.mp4'), 'object_not_found');
      expect((await list(client, name)).data).toEqual([]);
      expect(await getBucket(client, name)).toMatchObject({ objectCount: 0, sizeBytes: 0 });
    });

    test('accept parts in any order and in parallel, and create one object', async () => {
      const { name } = await newBucket(client);
      const upload = await started(client, name, 'film.mp4', {
        contentType: 'video/mp4',
        metadata: { Title: 'Parts', year: '2026' },
      });
      const bodies = [fullPart(1), fullPart(2), fullPart(3), new Uint8Array([1, 2, 3])];
      const order = [4, 2, 1, 3];
      const parts = await Promise.all(
        order.map((number) => sent(client, upload, number, bodies[number - 1] ?? '')),
      );
      const whole = joined(...bodies);
      const object = await completed(client, upload, inOrder(parts));
      expect(object).toEqual({
        bucket: name,
        key: 'film.mp4',
        size: whole.length,
        etag: expect.stringMatching(/^[^"]+$/),
        contentType: 'video/mp4',
        contentEncoding: null,
        metadata: { title: 'Parts', year: '2026' },
        createdAt: expect.stringMatching(time),
        updatedAt: object.createdAt,
        expiresAt: null,
      });
      await expectBytes(client, name, 'film.mp4', whole);
      const { headers } = await head(client, name, 'film.mp4');
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-length': String(whole.length),
        'content-type': 'video/mp4',
        etag: `"${object.etag}"`,
        'x-meta-title': 'Parts',
        'x-meta-year': '2026',
      });
      expect((await list(client, name)).data).toEqual([object]);
      expect(await getBucket(client, name)).toMatchObject({ objectCount: 1, sizeBytes: whole.length });
    });

    test('create an object whose ranges can span parts', async () => {
      const upload = await begin('ranges');
      const whole = joined(fullPart(1), fullPart(2), 'the end');
      const parts = [
        await sent(client, upload, 1, fullPart(1)),
        await sent(client, upload, 2, fullPart(2)),
        await sent(client, upload, 3, 'the end'),
      ];
      await completed(client, upload, parts);
      for (const [first, last] of [
        [0, 0],
        [minPartSize - 2, minPartSize + 1],
        [10, 2 * minPartSize + 3],
        [2 * minPartSize, whole.length - 1],
      ] as const) {
        const response = await get(client, bucket, 'ranges', { Range: `bytes=${first}-${last}` });
        expect(response.status).toBe(206);
        expect(response.headers.get('content-range')).toBe(`bytes ${first}-${last}/${whole.length}`);
        expect(Buffer.from(await response.bytes()).equals(whole.subarray(first, last + 1))).toBe(true);
      }
      const outside = await get(client, bucket, 'ranges', { Range: `bytes=${whole.length}-` });
      await expectError(outside, 'range_not_satisfiable');
    });

    test('end with their completion', async () => {
      const upload = await begin();
      const parts = [await sent(client, upload, 1, 'all of it')];
      await completed(client, upload, parts);
      await expectError(await complete(client, upload, parts), 'upload_not_found');
      await expectError(await putPart(client, upload, 2, 'late'), 'upload_not_found');
      await expectError(await abort(client, upload), 'upload_not_found');
      await expectBytes(client, bucket, upload.key, 'all of it');
    });

    test('end when they are aborted, and keep the earlier object', async () => {
      const before = await stored(client, bucket, 'kept', 'before');
      const upload = await begin('kept');
      const parts = [await sent(client, upload, 1, 'after')];
      await aborted(client, upload);
      await expectError(await abort(client, upload), 'upload_not_found');
      await expectError(await complete(client, upload, parts), 'upload_not_found');
      await expectError(await putPart(client, upload, 1, 'late'), 'upload_not_found');
      await expectBytes(client, bucket, 'kept', 'before');
      expect((await head(client, bucket, 'kept')).headers.get('etag')).toBe(`"${before.etag}"`);
    });

    test('replace a part that is sent again, and refuse its old ETag', async () => {
      const upload = await begin();
      const old = await sent(client, upload, 1, fullPart(1));
      const last = await sent(client, upload, 2, 'old end');
      const replaced = await sent(client, upload, 1, fullPart(4));
      expect(replaced.etag).not.toBe(old.etag);
      const shorter = await sent(client, upload, 2, 'end');
      for (const parts of [
        [old, shorter],
        [replaced, last],
      ])
        await expectError(await complete(client, upload, parts), 'invalid_request');
      const { size } = await completed(client, upload, [replaced, shorter]);
      expect(size).toBe(minPartSize + 3);
      await expectBytes(client, bucket, upload.key, joined(fullPart(4), 'end'));
    });

    test('contain the parts that the completion names, and release the others', async () => {
      const { name } = await newBucket(client);
      const upload = await started(client, name, 'some');
      const [first, , third] = [
        await sent(client, upload, 1, fullPart(1)),
        await sent(client, upload, 2, fullPart(2)),
        await sent(client, upload, 7, 'seven'),
        await sent(client, upload, 9, fullPart(3)),
      ];
      const { size } = await completed(client, upload, [first, third]);
      expect(size).toBe(minPartSize + 5);
      await expectBytes(client, name, 'some', joined(fullPart(1), 'seven'));
      expect(await getBucket(client, name)).toMatchObject({ objectCount: 1, sizeBytes: size });
    });

    test('replace an object, and keep its creation time', async () => {
      const { name } = await newBucket(client);
      const before = await stored(client, name, 'replaced', 'before', { 'x-meta-old': 'yes' });
      const upload = await started(client, name, 'replaced');
      const after = await completed(client, upload, [await sent(client, upload, 1, 'afterwards')]);
      expect(after).toMatchObject({
        contentType: 'application/octet-stream',
        metadata: {},
        createdAt: before.createdAt,
      });
      expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
      expect(after.etag).not.toBe(before.etag);
      await expectBytes(client, name, 'replaced', 'afterwards');
      expect(await getBucket(client, name)).toMatchObject({ objectCount: 1, sizeBytes: 10 });
    });

    test('can have one small part, and are separate for the same key', async () => {
      const [one, two] = [await begin('twice'), await begin('twice')];
      expect(one.uploadId).not.toBe(two.uploadId);
      const parts = [await sent(client, one, 1, 'one'), await sent(client, two, 10_000, 'two')] as const;
      await expectError(await complete(client, two, [parts[0]]), 'invalid_request');
      await completed(client, one, [parts[0]]);
      await expectBytes(client, bucket, 'twice', 'one');
      await completed(client, two, [parts[1]]);
      await expectBytes(client, bucket, 'twice', 'two');
    });

    test('have their TTL, or that of the bucket, from the completion on', async () => {
      const { name } = await newBucket(client, { defaultTtlSeconds: 7200 });
      const uploads = await Promise.all([
        started(client, name, 'text', { ttl: '1h' }),
        started(client, name, 'number', { ttl: 90 }),
        started(client, name, 'default'),
      ]);
      const begun = Date.now();
      await Bun.sleep(1200);
      const lifetimes: Record<string, number> = {};
      for (const upload of uploads) {
        const object: StoredObject = await completed(client, upload, [await sent(client, upload, 1, 'x')]);
        expect(Date.parse(object.createdAt)).toBeGreaterThan(begun + 1000);
        const { expiresAt, createdAt, key } = object;
        lifetimes[key] = Math.round((Date.parse(expiresAt ?? '') - Date.parse(createdAt)) / 1000);
        const { headers } = await head(client, name, key);
        expect(Date.parse(headers.get('x-expires-at') ?? '')).toBe(Date.parse(expiresAt ?? ''));
      }
      expect(lifetimes).toEqual({ text: 3600, number: 90, default: 7200 });
    });
  });
}

const inOrder = (parts: Part[]) => parts.toSorted((one, other) => one.partNumber - other.partNumber);
