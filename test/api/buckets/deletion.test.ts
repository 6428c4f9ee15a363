import { expect, test } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { nothing, operate, startFileServer, storedBlobs, sweep, usageOf } from '../file-server.ts';
import {
  answered,
  bucketPath,
  call,
  expectBytes,
  getBucket,
  newBucket,
  newClient,
  put,
  stored,
} from './client.ts';
import { expectError } from './errors.ts';
import { complete, sent, started } from './upload-client.ts';

const expired = 300;
const unfinished = 40;

/** A bucket that looks empty and holds much. */
async function deletion(name: string, withS3: boolean, parts: PartName[]): Promise<void> {
  await suiteWith(parts, name, () => {
    test('removes expired objects and unfinished uploads, and leaves other buckets unchanged', async () => {
      const env = { LONGEST_UPLOAD: '1s', UPLOAD_LEASE: '1s', INLINE_LIMIT: '16' };
      const server = await startFileServer({ withS3, env, clockless: true });
      try {
        const client = await newClient(server);
        const [{ name: bucket }, { name: other }] = [await newBucket(client), await newBucket(client)];
        await stored(client, other, 'stays', 'y'.repeat(1000));
        for (let from = 0; from < expired; from += 50)
          await Promise.all(
            Array.from({ length: 50 }, async (_, index) => {
              // One in ten is a blob, the others are inline.
              const body = index % 10 === 0 ? 'x'.repeat(100) : 'x'.repeat(10);
              const headers = { 'x-ttl': '1' };
              expect((await put(client, bucket, `expired/${from + index}`, body, headers)).status).toBe(201);
            }),
          );
        const uploads = await Promise.all(
          Array.from({ length: unfinished }, async (_, index) => {
            const upload = await started(client, bucket, `unfinished/${index}`);
            return { upload, part: await sent(client, upload, 1, 'part') };
          }),
        );
        await waitFor('all to expire', async () => (await getBucket(client, bucket)).objectCount === 0);
        expect(await usageOf(server, client.key)).toMatchObject({
          storedObjects: expired + 1,
          reservedBytes: unfinished * 4,
          reservedObjects: unfinished,
        });

        expect((await call(client, 'DELETE', bucketPath(bucket))).status).toBe(204);
        expect(await usageOf(server, client.key)).toEqual({
          ...nothing,
          storedBytes: 1000,
          storedObjects: 1,
        });
        const { usage } = await answered<{ usage: object }>(call(client, 'GET', '/v1/account'));
        expect(usage).toMatchObject({ storageBytes: 1000, objectCount: 1 });
        const [first] = uploads;
        if (first) await expectError(await complete(client, first.upload, [first.part]), 'bucket_not_found');
        await waitFor(
          'only what the other bucket holds',
          async () => {
            await sweep(server);
            return (await storedBlobs(server)).length === 1;
          },
          { timeoutMs: 20_000, everyMs: 300 },
        );
        await operate(server, ['check']);
        await expectBytes(client, other, 'stays', 'y'.repeat(1000));
        // The name is free, and a new bucket with it is empty.
        await newBucket(client, { name: bucket });
        expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 0, sizeBytes: 0 });
      } finally {
        await server.stop();
      }
    });
  });
}

await deletion('deleting a bucket on disk', false, []);
await deletion('deleting a bucket in S3', true, ['versitygw']);
