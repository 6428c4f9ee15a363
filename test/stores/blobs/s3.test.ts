import { expect, test } from 'bun:test';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { newHashId } from '../../../src/core/ids.ts';
import { S3BlobStore } from '../../../src/stores/blobs/s3.ts';
import { failureOf } from '../../core/failure-of.ts';
import { freePort } from '../../support/ports.ts';
import { sharedS3, startS3 } from '../../support/s3.ts';
import type { S3Bucket } from '../../support/s3-bucket.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { blobStoreContract } from './blob-store.contract.ts';
import { chunksOf } from './content.ts';

async function tracesIn(bucket: S3Bucket, key: string): Promise<string[]> {
  const uploads = await bucket.listMultipartUploads();
  return [...(await bucket.listKeys()), ...uploads.map((upload) => `upload of ${upload.key}`)].filter(
    (name) => name.includes(key),
  );
}

await suiteWith(['versitygw'], 'real S3', () => {
  blobStoreContract('blobs in S3', async () => {
    const bucket = await sharedS3();
    return { store: new S3BlobStore(bucket), traces: (key) => tracesIn(bucket, key) };
  });

  test('removing also aborts uploads in parts that a crash left, of this key alone', async () => {
    const bucket = await sharedS3();
    const store = new S3BlobStore(bucket);
    const [key, other] = [newHashId(), newHashId()];
    for (const name of [key, key, other]) {
      const target = { Bucket: bucket.bucket, Key: `blobs/${name}` };
      const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(target));
      await bucket.client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'part' }));
    }
    expect((await tracesIn(bucket, key)).length).toBe(2);
    await store.remove(key);
    expect(await tracesIn(bucket, key)).toEqual([]);
    expect((await tracesIn(bucket, other)).length).toBe(1);
    await store.remove(other);
  });

  test('a server that is away is store_away in every call, and back when it is back', async () => {
    const s3 = await startS3();
    const store = new S3BlobStore(s3);
    const key = newHashId();
    await store.write(key, chunksOf(100), 100);
    await s3.stop();
    const calls = [
      () => store.open(key),
      () => store.remove(key),
      () => store.write(newHashId(), chunksOf(100), 100),
      () => store.write(newHashId(), chunksOf(100)),
    ];
    for (const call of calls) {
      const failure = await failureOf(call);
      expect(failure.code).toBe('store_away');
      expect(failure.retryAfterSeconds).toBeGreaterThan(0);
    }
    await expect(store.ping()).rejects.toThrow();
    await s3.restart();
    await store.ping();
    expect((await new Response(await store.open(key)).bytes()).length).toBe(100);
    await s3.stop();
  });

  test('wrong credentials and a missing bucket are store_away, and say nothing of the secret', async () => {
    const bucket = await sharedS3();
    for (const wrong of [{ secretAccessKey: 'a-wrong-secret' }, { bucket: 'no-such-bucket' }]) {
      const store = new S3BlobStore({ ...bucket, ...wrong });
      const failure = await failureOf(() => store.write(newHashId(), chunksOf(100), 100));
      expect(failure.code).toBe('store_away');
      expect(failure.message).not.toContain('secret');
      await expect(store.ping()).rejects.toThrow();
    }
  });

  test('nothing listening is found out within seconds', async () => {
    const bucket = await sharedS3();
    const store = new S3BlobStore({ ...bucket, endpoint: `http://127.0.0.1:${await freePort()}` });
    const started = performance.now();
    expect((await failureOf(() => store.open(newHashId()))).code).toBe('store_away');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
