import { expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateMultipartUploadCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { newHashId } from '../../../src/core/ids.ts';
import { S3BlobStore } from '../../../src/stores/blobs/s3.ts';
import { failureOf } from '../../core/failure-of.ts';
import { blobStoreContract } from '../../ports/blob-store.contract.ts';
import { chunksOf } from '../../ports/blobs/content.ts';
import { watermarkStoreContract } from '../../ports/watermark-store.contract.ts';
import { freePort } from '../../support/ports.ts';
import { sharedS3, startS3 } from '../../support/s3.ts';
import type { S3Bucket } from '../../support/s3-bucket.ts';
import { suiteWith } from '../../support/suite-with.ts';

async function tracesIn(bucket: S3Bucket, key: string): Promise<string[]> {
  const uploads = await bucket.listMultipartUploads();
  return [...(await bucket.listKeys()), ...uploads.map((upload) => `upload of ${upload.key}`)].filter(
    (name) => name.includes(key),
  );
}

/** Runs `work` for each key, twenty at a time. */
async function atOnce(keys: string[], work: (key: string) => Promise<unknown>): Promise<void> {
  const queue = keys.values();
  const worker = async () => {
    for (const key of queue) await work(key);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}

await suiteWith(['versitygw'], 'real S3', () => {
  blobStoreContract('blobs in S3', async () => {
    const bucket = await sharedS3();
    return { store: new S3BlobStore(bucket), traces: (key) => tracesIn(bucket, key) };
  });

  watermarkStoreContract('watermarks in S3', async (id) => new S3BlobStore(await sharedS3()).watermarkOf(id));

  // docs/recovery.md, "Prepare the bucket"
  test('a bucket with versions returns removed blobs, and keeps only the last watermark', async () => {
    const s3 = await startS3({ keepsVersions: true });
    const store = new S3BlobStore(s3);
    const [key, kept, never] = [newHashId(), newHashId(), newHashId()];
    for (const each of [key, kept]) await store.write(each, chunksOf(100), 100);
    // A sweep removes a key that clients may write to twice.
    await store.remove(key);
    await store.remove(key);
    expect(await store.recover(key)).toBe(true);
    expect((await new Response(await store.open(key)).bytes()).length).toBe(100);
    expect(await store.recover(never)).toBe(false);

    const watermark = store.watermarkOf('database');
    for (let value = 1; value <= 5; value += 1) {
      expect(await watermark.read()).toBe(value === 1 ? undefined : value - 1);
      await watermark.write(value);
    }
    const query = { Bucket: s3.bucket, Prefix: 'watermarks/' };
    const { Versions = [], DeleteMarkers = [] } = await s3.client.send(new ListObjectVersionsCommand(query));
    expect([Versions.length, DeleteMarkers.length]).toEqual([1, 0]);
    expect(await watermark.read()).toBe(5);
    await s3.stop();
  });

  test('a bucket without versions returns no removed blobs', async () => {
    const store = new S3BlobStore(await sharedS3());
    const key = newHashId();
    await store.write(key, chunksOf(100), 100);
    await store.remove(key);
    expect(await store.recover(key)).toBe(false);
  });

  test('removing also aborts uploads in parts that a crash left, only of this key', async () => {
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

  test('a list continues after a list page, for objects and for uploads in parts, without foreign objects', async () => {
    const s3 = await startS3();
    const target = (name: string) => ({ Bucket: s3.bucket, Key: name });
    // More than the thousand that S3 lists at a time (API_ListObjectsV2, API_ListMultipartUploads).
    const [whole, begun] = [1, 2].map(() => Array.from({ length: 1050 }, () => newHashId())) as [
      string[],
      string[],
    ];
    await atOnce(whole, (key) =>
      s3.client.send(new PutObjectCommand({ ...target(`blobs/${key}`), Body: 'x' })),
    );
    await atOnce(begun, (key) => s3.client.send(new CreateMultipartUploadCommand(target(`blobs/${key}`))));
    for (const name of [
      'other',
      `blobs/x/${newHashId()}`,
      `blobs/${whole[0]}0`,
      `more/${newHashId()}`,
      newHashId(),
    ]) {
      await s3.client.send(new PutObjectCommand({ ...target(name), Body: 'x' }));
      await s3.client.send(new CreateMultipartUploadCommand(target(`${name}.x`)));
    }
    const [sized, unsized]: [string[], string[]] = [[], []];
    for await (const { key, size } of new S3BlobStore(s3).list()) (size === 1 ? sized : unsized).push(key);
    expect(sized.sort()).toEqual(whole.sort());
    expect(unsized.sort()).toEqual(begun.sort());
    await s3.stop();
  });

  test('an unavailable server is store_away in every call, until it is available again', async () => {
    const s3 = await startS3();
    const store = new S3BlobStore(s3);
    const key = newHashId();
    await store.write(key, chunksOf(100), 100);
    await s3.stop();
    const calls = [
      () => store.open(key),
      () => store.remove(key),
      () => store.copy(key, newHashId()),
      () => store.write(newHashId(), chunksOf(100), 100),
      () => store.write(newHashId(), chunksOf(100)),
      () => store.list()[Symbol.asyncIterator]().next(),
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

  test('wrong credentials and a missing bucket are store_away, and do not reveal the secret', async () => {
    const bucket = await sharedS3();
    for (const wrong of [{ secretAccessKey: 'a-wrong-secret' }, { bucket: 'no-such-bucket' }]) {
      const store = new S3BlobStore({ ...bucket, ...wrong });
      const failure = await failureOf(() => store.write(newHashId(), chunksOf(100), 100));
      expect(failure.code).toBe('store_away');
      expect(failure.message).not.toContain('secret');
      await expect(store.ping()).rejects.toThrow();
    }
  });

  test('a store that stops answering after an error is reported as one without an answer', async () => {
    const refusing = createServer(({ method }, response) => {
      if (method === 'HEAD') response.writeHead(403).end();
    }).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const endpoint = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    const store = new S3BlobStore({ ...(await sharedS3()), endpoint });
    await expect(store.ping()).rejects.toThrow('no answer within 2 s');
    refusing.closeAllConnections();
    refusing.close();
  });

  test('a closed port is detected within seconds', async () => {
    const bucket = await sharedS3();
    const store = new S3BlobStore({ ...bucket, endpoint: `http://127.0.0.1:${await freePort()}` });
    const started = performance.now();
    expect((await failureOf(() => store.open(newHashId()))).code).toBe('store_away');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
