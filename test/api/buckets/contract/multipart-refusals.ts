import { beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { startRequest } from '../../../support/piecewise-request.ts';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  bucketPath,
  type Client,
  call,
  expectBytes,
  newBucket,
  newClient,
  put,
  sharedClient,
  stored,
} from '../client.ts';
import { type Code, expectError } from '../errors.ts';
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
  start,
  started,
  uploadPath,
} from '../upload-client.ts';

const unknownUpload = '01KAMC0VQ4V3N5W5Z7E0S8T2RX';

/** What an upload in parts refuses. The upload continues as before. */
export function multipartRefusals(server: FileServerOf): void {
  let client: Client;
  let bucket: string;
  beforeAll(async () => {
    client = await sharedClient(await server());
    bucket = (await newBucket(client)).name;
  });
  const begin = (key: string = crypto.randomUUID()) => started(client, bucket, key);
  const expectRefused = async (upload: Parameters<typeof complete>[1], parts: unknown) =>
    expectError(await complete(client, upload, parts), 'invalid_request');

  describe('parts', () => {
    test.each(['0', '10001', '-1', '1.5', 'x', '1x', '0x1', '1e3', '%20', '%00', '99999999999999999999'])(
      'have no number %s',
      async (number) => {
        const upload = await begin();
        await expectError(await putPart(client, upload, number, 'x'), 'invalid_request');
        await aborted(client, upload);
      },
    );

    test('have numbers from 1 to 10000', async () => {
      const upload = await begin();
      const parts = [await sent(client, upload, 1, fullPart(1)), await sent(client, upload, 10_000, 'end')];
      await completed(client, upload, parts);
      await expectBytes(client, bucket, upload.key, joined(fullPart(1), 'end'));
    });

    test('except the last one must have 5 MiB', async () => {
      const upload = await begin();
      const short = await sent(client, upload, 1, fullPart(1).subarray(1));
      const last = await sent(client, upload, 2, 'end');
      await expectError(await complete(client, upload, [short, last]), 'part_too_small');
      const full = await sent(client, upload, 1, fullPart(1));
      const { size } = await completed(client, upload, [full, last]);
      expect(size).toBe(minPartSize + 3);
    });

    test('that are unordered, repeated, missing or unknown are refused', async () => {
      const upload = await begin();
      const [one, two] = [await sent(client, upload, 1, fullPart(1)), await sent(client, upload, 2, 'two')];
      const wrong: Part[][] = [
        [two, one],
        [one, one],
        [one, two, two],
        [one, { partNumber: 3, etag: two.etag }],
        [one, { partNumber: 2, etag: one.etag }],
        [{ partNumber: 1, etag: 'other' }, two],
        [one, { partNumber: 2, etag: `${two.etag}x` }],
        [one, { partNumber: 2, etag: two.etag.slice(1) }],
      ];
      for (const parts of wrong) await expectRefused(upload, parts);
      // The quotes of the ETag header may be kept.
      const parts = [{ ...one, etag: `"${one.etag}"` }, two];
      await completed(client, upload, parts);
      await expectBytes(client, bucket, upload.key, joined(fullPart(1), 'two'));
    });

    test('must match the key of their upload, if it is given', async () => {
      const upload = await begin('a folder/ü & co');
      const right = `?key=${encodeURIComponent(upload.key)}`;
      const etag = await answered<Part>(putPart(client, upload, 1, 'x', { query: right }));
      for (const query of ['?key=a%20folder', `${right}x`, '?key=%00']) {
        await expectError(await putPart(client, upload, 1, 'y', { query }), 'upload_not_found');
        await expectError(await abort(client, upload, query), 'upload_not_found');
      }
      await completed(client, upload, [etag]);
      await expectBytes(client, bucket, upload.key, 'x');
      const other = await begin();
      expect((await abort(client, other, `?key=${other.key}`)).status).toBe(204);
    });

    test('must declare their length', async () => {
      const upload = await begin();
      const { url } = await server();
      const request = await startRequest(Number(new URL(url).port), {
        path: `${uploadPath(upload)}/parts/1`,
        headers: { Authorization: `Bearer ${client.key}` },
      });
      // The response may arrive before the body is sent.
      await request.finish().catch(() => undefined);
      const { status, body } = await request.answer;
      expect({ status, body }).toEqual({ status: 400, body: expect.stringContaining('"invalid_request"') });
      await expectRefused(upload, [{ partNumber: 1, etag: 'x' }]);
    });

    test('that break off are not stored, and keep the earlier part', async () => {
      const upload = await begin();
      const before = await sent(client, upload, 1, 'before');
      const { url } = await server();
      for (const number of [1, 2]) {
        const request = await startRequest(Number(new URL(url).port), {
          path: `${uploadPath(upload)}/parts/${number}`,
          headers: { Authorization: `Bearer ${client.key}` },
          contentLength: 300_000,
        });
        await request.send(fullPart(1).subarray(0, 200_000));
        request.breakOff();
      }
      await Bun.sleep(200);
      await expectRefused(upload, [before, { partNumber: 2, etag: before.etag }]);
      const kept = await complete(client, upload, [before]);
      if (kept.status !== 200) {
        // Some S3 servers replace the earlier part by the incomplete one, whose ETag nobody knows: send the part again.
        expect((await server()).s3).toBeDefined();
        await expectError(kept, 'invalid_request');
        await completed(client, upload, [await sent(client, upload, 1, 'before')]);
      }
      await expectBytes(client, bucket, upload.key, 'before');
    });

    test('are compared with their checksums', async () => {
      const upload = await begin();
      const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('base64');
      const wrong: Record<string, string>[] = [
        { 'Content-MD5': digest('md5', 'other') },
        { 'Content-MD5': 'nonsense' },
        { 'Repr-Digest': `sha-256=:${digest('sha256', 'other')}:` },
        { 'Content-Digest': `sha-256=:${digest('sha256', 'other')}:` },
        { 'Repr-Digest': 'sha-256=nonsense' },
      ];
      const before = await sent(client, upload, 1, 'before');
      for (const headers of wrong)
        await expectError(await putPart(client, upload, 1, 'part', { headers }), 'invalid_request');
      await expectRefused(upload, [{ partNumber: 1, etag: 'part' }]);
      await completed(client, upload, [before]);
      const next = await begin();
      const headers = {
        'Content-MD5': digest('md5', 'part'),
        'Repr-Digest': `sha-256=:${digest('sha256', 'part')}:`,
      };
      const right = await answered<Part>(putPart(client, next, 1, 'part', { headers }));
      await completed(client, next, [right]);
      await expectBytes(client, bucket, next.key, 'part');
    });
  });

  describe('completions', () => {
    test('apply their conditions, and keep the upload if one fails', async () => {
      const { etag } = await stored(client, bucket, 'conditional', 'before');
      const upload = await begin('conditional');
      const parts = [await sent(client, upload, 1, 'after')];
      const failing: Record<string, string>[] = [{ 'If-None-Match': '*' }, { 'If-Match': '"other"' }];
      for (const headers of failing)
        await expectError(await complete(client, upload, parts, headers), 'precondition_failed');
      await expectBytes(client, bucket, 'conditional', 'before');
      await answered(complete(client, upload, parts, { 'If-Match': `"${etag}"` }));
      await expectBytes(client, bucket, 'conditional', 'after');
      const fresh = await begin('conditional, fresh');
      const only = [await sent(client, fresh, 1, 'x')];
      await expectError(await complete(client, fresh, only, { 'If-Match': '*' }), 'precondition_failed');
      await answered(complete(client, fresh, only, { 'If-None-Match': '*' }));
    });
  });

  describe('uploads', () => {
    test('that are unknown, of another bucket or of another account are not found', async () => {
      const otherClient = await newClient(await server());
      const theirs = (await newBucket(otherClient)).name;
      const other = (await newBucket(client)).name;
      const upload = await begin();
      const parts = [await sent(client, upload, 1, 'mine')];
      const nowhere: [Client, { bucket: string; uploadId: string }][] = [
        [client, { bucket, uploadId: unknownUpload }],
        [client, { bucket, uploadId: 'x' }],
        [client, { bucket, uploadId: '%00' }],
        [client, { bucket: other, uploadId: upload.uploadId }],
        [otherClient, { bucket: theirs, uploadId: upload.uploadId }],
      ];
      const expectAll = async (who: Client, place: (typeof nowhere)[number][1], code: Code) => {
        await expectError(await putPart(who, place, 1, 'x'), code);
        await expectError(await complete(who, place, parts), code);
        await expectError(await abort(who, place), code);
      };
      for (const [who, place] of nowhere) await expectAll(who, place, 'upload_not_found');
      for (const [who, place, code] of [
        [otherClient, upload, 'forbidden'],
        [client, { ...upload, bucket: 'no-such-bucket' }, 'bucket_not_found'],
        [{ ...client, key: 'nonsense' }, upload, 'unauthorized'],
      ] as const) {
        await expectAll(who, place, code);
        await expectError(await start(who, place.bucket, { key: 'x' }), code);
      }
      await completed(client, upload, parts);
      await expectBytes(client, bucket, upload.key, 'mine');
    });

    test('cannot start in a deleted bucket, and end with their bucket', async () => {
      const { name } = await newBucket(client);
      const upload = await started(client, name);
      const parts = [await sent(client, upload, 1, 'x')];
      expect((await call(client, 'DELETE', bucketPath(name))).status).toBe(204);
      await expectError(await complete(client, upload, parts), 'bucket_not_found');
      await newBucket(client, { name });
      await expectError(await complete(client, upload, parts), 'upload_not_found');
      await expectError(await putPart(client, upload, 1, 'x'), 'upload_not_found');
      expect((await put(client, name, 'film.mp4')).status).toBe(201);
    });
  });
}
