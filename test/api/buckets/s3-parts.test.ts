import { expect, test } from 'bun:test';
import { CompleteMultipartUploadCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import type { S3Server } from '../../support/s3.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { nothing, operate, startFileServer, usageOf } from '../file-server.ts';
import { answered, type Client, call, expectBytes, newBucket, newClient } from './client.ts';
import { expectError } from './errors.ts';
import {
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
  type Upload,
} from './upload-client.ts';

const md5 = (bytes: Uint8Array | string) => new Bun.CryptoHasher('md5').update(bytes).digest('base64');

await suiteWith(['versitygw'], 'parts that the server forwards to S3', () => {
  const server = startedOnce(() =>
    startFileServer({ withS3: true, clockless: true, env: { INLINE_LIMIT: '2' } }),
  );

  type Begun = { client: Client; upload: Upload; s3: S3Server; direct: { Key: string; UploadId: string } };

  /** An upload, and its id in S3. */
  async function begun(keyOptions: string[] = []): Promise<Begun> {
    const { s3 } = await server();
    if (s3 === undefined) throw new Error('there is no S3');
    const client = await newClient(await server(), keyOptions);
    const before = new Set((await s3.listMultipartUploads()).map(({ uploadId }) => uploadId));
    const upload = await started(client, (await newBucket(client)).name);
    const [made] = (await s3.listMultipartUploads()).filter(({ uploadId }) => !before.has(uploadId));
    if (made === undefined) throw new Error('S3 has no such upload');
    return { client, upload, s3, direct: { Key: made.key, UploadId: made.uploadId } };
  }

  async function partsInS3({ s3, direct }: Begun): Promise<{ number: number; size: number }[]> {
    const { Parts: parts = [] } = await s3.client.send(
      new ListPartsCommand({ Bucket: s3.bucket, ...direct }),
    );
    return parts.map(({ PartNumber, Size }) => ({ number: PartNumber ?? 0, size: Size ?? 0 }));
  }

  const storageBytes = async (client: Client) => {
    const { usage } = await answered<{ usage: { storageBytes: number } }>(call(client, 'GET', '/v1/account'));
    return usage.storageBytes;
  };

  const wrong = { headers: { 'Content-MD5': md5('something else') } };

  test('with a wrong digest keep an earlier small part', async () => {
    const { client, upload } = await begun();
    const only = await sent(client, upload, 1, 'the end');
    for (const body of ['as long', 'longer than it was', 'x'])
      await expectError(await putPart(client, upload, 1, body, wrong), 'invalid_request');
    await completed(client, upload, [only]);
    await expectBytes(client, upload.bucket, upload.key, 'the end');
  });

  // versitygw accepts a part that breaks off as a whole one, unless it knows the MD5.
  test('with a wrong digest keep an earlier large part', async () => {
    const { client, upload } = await begun();
    const first = await sent(client, upload, 1, fullPart(1));
    for (const seed of [2, 3, 4])
      await expectError(await putPart(client, upload, 1, fullPart(seed), wrong), 'invalid_request');
    await completed(client, upload, [first]);
    await expectBytes(client, upload.bucket, upload.key, fullPart(1));
  });

  test('with a right digest replace the earlier part', async () => {
    const { client, upload } = await begun();
    await sent(client, upload, 1, fullPart(1));
    const right = { headers: { 'Content-MD5': md5(fullPart(2)) } };
    const first = await answered<Part>(putPart(client, upload, 1, fullPart(2), right));
    await completed(client, upload, [first]);
    await expectBytes(client, upload.bucket, upload.key, fullPart(2));
  });

  test('are stored in S3 only within the quota, and all of them are counted', async () => {
    const plan = `plan-${crypto.randomUUID().slice(0, 8)}`;
    await operate(await server(), ['plans', 'set', plan, '--storage', '12MiB']);
    const upload = await begun(['--plan', plan]);
    const { client } = upload;
    const numbers = Array.from({ length: 8 }, (_, index) => index + 1);
    const answers = await Promise.all(
      numbers.map((number) => putPart(client, upload.upload, number, fullPart(1))),
    );
    const accepted = numbers.filter((_, index) => answers[index]?.status === 200);
    for (const answer of answers) if (answer.status !== 200) await expectError(answer, 'quota_exceeded');
    expect(accepted).toHaveLength(2);
    expect(await partsInS3(upload)).toEqual(accepted.map((number) => ({ number, size: minPartSize })));
    expect(await usageOf(await server(), client.key)).toEqual({
      ...nothing,
      reservedBytes: 2 * minPartSize,
      reservedObjects: 1,
    });
    // Reserved bytes are not yet stored.
    expect(await storageBytes(client)).toBe(0);

    // A repeated part beyond the quota keeps the accepted one.
    const [kept = 0] = accepted;
    const larger = new Uint8Array(minPartSize + 3 * 1024 ** 2);
    await expectError(await putPart(client, upload.upload, kept, larger), 'quota_exceeded');
    expect(await partsInS3(upload)).toEqual(accepted.map((number) => ({ number, size: minPartSize })));
    await aborted(client, upload.upload);
    expect(await usageOf(await server(), client.key)).toEqual(nothing);
  });

  test('that are refused for their digest release their bytes', async () => {
    const { client, upload } = await begun();
    await sent(client, upload, 1, fullPart(1));
    for (const number of [1, 2])
      await expectError(await putPart(client, upload, number, fullPart(2), wrong), 'invalid_request');
    expect(await usageOf(await server(), client.key)).toMatchObject({ reservedBytes: minPartSize });
    await sent(client, upload, 1, 'small');
    expect(await usageOf(await server(), client.key)).toMatchObject({ reservedBytes: 5 });
  });

  /** Three parts of which S3 has assembled the first two, as after a crash before this server records it. */
  async function putTogether() {
    const { client, upload, s3, direct } = await begun();
    const first = await sent(client, upload, 1, fullPart(1));
    const second = await sent(client, upload, 2, 'second');
    const third = await sent(client, upload, 3, 'third.');
    const named = [first, second].map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
    await s3.client.send(
      new CompleteMultipartUploadCommand({ Bucket: s3.bucket, ...direct, MultipartUpload: { Parts: named } }),
    );
    const expectCompleted = async () => {
      expect((await completed(client, upload, [first, second])).size).toBe(minPartSize + 6);
      await expectBytes(client, upload.bucket, upload.key, joined(fullPart(1), 'second'));
      const held = { storedBytes: minPartSize + 6, storedObjects: 1 };
      expect(await usageOf(await server(), client.key)).toEqual({ ...nothing, ...held });
    };
    return { client, upload, first, second, third, expectCompleted };
  }

  test('that S3 has already assembled become the object when they are named again', async () => {
    const { expectCompleted } = await putTogether();
    await expectCompleted();
  });

  // versitygw returns 200 for any list of parts of a completed upload.
  test('that S3 has already assembled become the object, and no other list is accepted', async () => {
    const { client, upload, first, second, third, expectCompleted } = await putTogether();
    const others = [
      [first, third],
      [first],
      [second],
      [first, second, third],
      [first, { ...second, etag: '0'.repeat(32) }],
    ];
    for (const parts of others) expect((await complete(client, upload, parts)).status).toBe(400);
    await expectCompleted();
  });
});
