import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  allKeys,
  answered,
  bucketPath,
  type Client,
  call,
  getBucket,
  newBucket,
  put,
  sharedClient,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';

type Outcome = { deleted: string[]; errors: { key: string; code: string; message: string }[] };

/** docs/contract/buckets.md, "Batch deletion". */
export function batchDelete(server: FileServerOf): void {
  const bucketWith = async (keys: string[]) => {
    const client = await sharedClient(await server());
    const { name: bucket } = await newBucket(client);
    await Promise.all(keys.map((key) => stored(client, bucket, key)));
    return { client, bucket };
  };
  const send = (client: Client, bucket: string, json: unknown) =>
    call(client, 'POST', `${bucketPath(bucket)}/objects/batch-delete`, { json });

  describe('a batch delete', () => {
    test('deletes the objects that exist, and reports the other keys', async () => {
      const { client, bucket } = await bucketWith(['a', 'b/c d', '😀', 'stays', 'batch-delete']);
      const keys = [
        'a',
        'unknown',
        'b/c d',
        '😀',
        'a',
        'unknown',
        'batch-delete',
        '../x',
        '',
        'x\0',
        '\ud800',
      ];
      const outcome = await answered<Outcome>(send(client, bucket, { keys }));
      expect(outcome.deleted.sort()).toEqual(['a', 'b/c d', 'batch-delete', '😀'].sort());
      const reported = outcome.errors.map(({ key, code }) => [key, code]).sort();
      expect(reported).toEqual(
        [
          ['unknown', 'object_not_found'],
          ['../x', 'invalid_key'],
          ['', 'invalid_key'],
          ['x\0', 'invalid_key'],
          ['\ud800', 'invalid_key'],
        ].sort(),
      );
      for (const error of outcome.errors)
        expect(error).toEqual({ key: error.key, code: error.code, message: expect.stringMatching(/\S{2,}/) });
      expect(await allKeys(client, bucket)).toEqual(['stays']);
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 1, sizeBytes: 7 });
    });

    test('takes a thousand keys of a thousand bytes each', async () => {
      const keys = Array.from({ length: 1000 }, (_, index) => `${index}-`.padEnd(1024, '\\'));
      const { client, bucket } = await bucketWith(keys.slice(0, 500));
      const { deleted, errors } = await answered<Outcome>(send(client, bucket, { keys }));
      expect([deleted.length, errors.length]).toEqual([500, 500]);
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['object_not_found']));
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 0, sizeBytes: 0 });
    });

    test('of the same keys, repeated concurrently, deletes each once', async () => {
      const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`);
      const { client, bucket } = await bucketWith(keys);
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => answered<Outcome>(send(client, bucket, { keys }))),
      );
      expect(outcomes.flatMap(({ deleted }) => deleted).sort()).toEqual(keys.sort());
      for (const { deleted, errors } of outcomes) expect(deleted.length + errors.length).toBe(50);
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 0, sizeBytes: 0 });
    });

    test('concurrent with puts takes effect before or after each of them', async () => {
      const keys = Array.from({ length: 30 }, (_, index) => `key ${index}`);
      const { client, bucket } = await bucketWith(keys);
      const [outcome, ...answers] = await Promise.all([
        answered<Outcome>(send(client, bucket, { keys })),
        ...keys.map((key) => put(client, bucket, key, 'again')),
      ]);
      expect(outcome.errors).toEqual([]);
      // An object that is put after it is new. One that is put before it was replaced and then deleted.
      const after = keys.filter((_key, index) => answers[index]?.status === 201);
      expect((await allKeys(client, bucket)).sort()).toEqual(after.sort());
      expect((await getBucket(client, bucket)).sizeBytes).toBe(after.length * 5);
    });

    test.each([
      ...[
        { keys: [] },
        { keys: Array<string>(1001).fill('a') },
        { keys: 'a' },
        { keys: [1] },
        { keys: [null] },
      ],
      ...[{}, { keys: { 0: 'a' } }, { keys: ['a'], quiet: true }, '[]', 'null', '"a"', '{"keys":["a"', ''],
    ])('accepts no other body (%#)', async (json) => {
      const { client, bucket } = await bucketWith(['a']);
      await expectError(await send(client, bucket, json), 'invalid_request');
      expect(await allKeys(client, bucket)).toEqual(['a']);
    });
  });
}
