import { describe, expect, test } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { nothing, operate, startFileServer, usageOf } from '../file-server.ts';
import { rawRequest, requestText } from '../raw-request.ts';
import {
  answered,
  bucketPath,
  type Client,
  call,
  done,
  expectBytes,
  get,
  getBucket,
  newBucket,
  newClient,
  objectPath,
  pattern,
  put,
  remove,
  stored,
} from './client.ts';
import { expectError } from './errors.ts';

const many = 100;
const mebibyte = 1024 ** 2;

async function quotas(name: string, withS3: boolean, parts: PartName[]): Promise<void> {
  // One of the sizes below is inline, the other one is not.
  const env = { INLINE_LIMIT: '100', MAX_OBJECT_SIZE: '1MiB' };
  const server = startedOnce(() => startFileServer({ withS3, clockless: true, env }));

  /** An account with its own limits and a bucket. */
  async function limited(limits: string[]) {
    const running = await server();
    const plan = `plan-${crypto.randomUUID().slice(0, 8)}`;
    await operate(running, ['plans', 'set', plan, ...limits]);
    const client = await newClient(running, ['--plan', plan]);
    const { name: bucket } = await newBucket(client);
    return { running, client, bucket, plan };
  }

  /** Expects this usage of the account and its bucket. */
  async function expectHolds(client: Client, bucket: string, objects: number, bytes: number): Promise<void> {
    const usage = await usageOf(await server(), client.key);
    expect(usage).toEqual({ ...nothing, storedObjects: objects, storedBytes: bytes });
    expect(await getBucket(client, bucket)).toMatchObject({ objectCount: objects, sizeBytes: bytes });
    const account = await answered<{ usage: object }>(call(client, 'GET', '/v1/account'));
    expect(account.usage).toMatchObject({ objectCount: objects, storageBytes: bytes });
  }

  const putMany = (client: Client, bucket: string, size: number, keyOf: (index: number) => string) =>
    Promise.all(
      Array.from({ length: many }, (_, index) => {
        const bytes = pattern(size, index + 1);
        // Half of them have no length.
        return put(client, bucket, keyOf(index), index % 2 ? bytes : (new Response(bytes).body as BodyInit));
      }),
    );

  await suiteWith(parts, name, () => {
    describe.each([50, 3000])('with objects of %d bytes', (size) => {
      describe.each<[string, string[]]>([
        ['bytes', ['--storage', String(10 * size)]],
        ['number of objects', ['--max-files', '10']],
      ])('the plan’s %s', (_what, limits) => {
        test('is reached and not exceeded by a hundred concurrent PUTs', async () => {
          const { client, bucket } = await limited(limits);
          const answers = await putMany(client, bucket, size, (index) => `key ${index}`);
          const kept = [...answers.keys()].filter((index) => answers[index]?.status === 201);
          expect(kept).toHaveLength(10);
          for (const answer of answers)
            if (answer.status !== 201) await expectError(answer, 'quota_exceeded');
          await expectHolds(client, bucket, 10, 10 * size);
          for (const index of kept)
            await expectBytes(client, bucket, `key ${index}`, pattern(size, index + 1));
        });

        test('is not exceeded by copies, and is released once by each deletion', async () => {
          const { client, bucket } = await limited(limits);
          await stored(client, bucket, 'source', pattern(size));
          const copies = await Promise.all(
            Array.from({ length: 30 }, (_, index) =>
              call(client, 'POST', `${objectPath(bucket, 'source')}/copy`, {
                json: { destinationKey: `copy ${index}` },
              }),
            ),
          );
          expect(copies.filter(({ status }) => status === 201)).toHaveLength(9);
          for (const copy of copies) if (copy.status !== 201) await expectError(copy, 'quota_exceeded');
          await expectHolds(client, bucket, 10, 10 * size);

          const keys = Array.from({ length: 30 }, (_, index) => `copy ${index}`);
          const batch = () =>
            call(client, 'POST', `${bucketPath(bucket)}/objects/batch-delete`, { json: { keys } });
          await Promise.all([
            ...keys.flatMap((key) => [remove(client, bucket, key), remove(client, bucket, key)]),
            ...[batch(), batch()],
          ]);
          await expectHolds(client, bucket, 1, size);
          const again = await putMany(client, bucket, size, (index) => `again ${index}`);
          expect(again.filter(({ status }) => status === 201)).toHaveLength(9);
          await expectHolds(client, bucket, 10, 10 * size);
        });

        test('holds during concurrent puts and deletes', async () => {
          const { client, bucket } = await limited(limits);
          let held = 0;
          await Promise.all(
            Array.from({ length: 40 }, async (_, index) => {
              for (let round = 0; round < 4; round += 1) {
                const answer = await put(client, bucket, `key ${index}`, pattern(size));
                expect(answer.status).toBeOneOf([201, 403]);
                if (answer.status !== 201) continue;
                held += 1;
                expect(held).toBeLessThanOrEqual(10);
                held -= 1;
                await done(remove(client, bucket, `key ${index}`));
              }
            }),
          );
          await expectHolds(client, bucket, 0, 0);
        });
      });

      test('a replaced object releases its bytes in the same step', async () => {
        const { client, bucket } = await limited(['--storage', String(size), '--max-files', '1']);
        const answers = await putMany(client, bucket, size, () => 'key');
        const statuses = answers.map(({ status }) => status).sort();
        expect(statuses).toEqual([...Array<number>(many - 1).fill(200), 201]);
        await expectHolds(client, bucket, 1, size);
        const copy = call(client, 'POST', `${objectPath(bucket, 'key')}/copy`, {
          json: { destinationKey: 'key' },
        });
        expect((await copy).status).toBe(201);
        await expectError(await put(client, bucket, 'key', pattern(size + 1)), 'quota_exceeded');
        await expectError(await put(client, bucket, 'other', ''), 'quota_exceeded');
        await expectHolds(client, bucket, 1, size);
        await stored(client, bucket, 'key', pattern(size - 1, 7), {}, 200);
        await expectBytes(client, bucket, 'key', pattern(size - 1, 7));
        await expectHolds(client, bucket, 1, size - 1);
      });

      test('concurrent replacements of many sizes keep the usage correct', async () => {
        const { client, bucket } = await limited(['--storage', String(4 * size)]);
        const answers = await Promise.all(
          Array.from({ length: many }, (_, index) =>
            put(client, bucket, `key ${index % 5}`, pattern(1 + ((index * 37) % (2 * size)))),
          ),
        );
        for (const answer of answers) expect(answer.status).toBeOneOf([200, 201, 403]);
        let bytes = 0;
        let objects = 0;
        for (let key = 0; key < 5; key += 1) {
          const response = await get(client, bucket, `key ${key}`);
          if (response.status !== 200) continue;
          objects += 1;
          bytes += (await response.bytes()).length;
        }
        expect(bytes).toBeLessThanOrEqual(4 * size);
        await expectHolds(client, bucket, objects, bytes);
      });
    });

    test('a PUT that does not fit leaves room for one that does', async () => {
      const { client, bucket } = await limited(['--storage', '1000']);
      await stored(client, bucket, 'a', pattern(600));
      await expectError(await put(client, bucket, 'b', pattern(401)), 'quota_exceeded');
      await expectError(await get(client, bucket, 'b'), 'object_not_found');
      await stored(client, bucket, 'b', pattern(400));
      await stored(client, bucket, 'empty', '');
      await expectError(await put(client, bucket, 'c', 'x'), 'quota_exceeded');
      await expectHolds(client, bucket, 3, 1000);
    });

    test('a smaller plan keeps existing objects, and accepts no more', async () => {
      const { running, client, bucket, plan } = await limited([]);
      await stored(client, bucket, 'a', pattern(500));
      await operate(running, ['plans', 'set', plan, '--storage', '1', '--max-files', '1']);
      await expectBytes(client, bucket, 'a', pattern(500));
      await expectError(await put(client, bucket, 'b', 'x'), 'quota_exceeded');
      await done(remove(client, bucket, 'a'));
      await stored(client, bucket, 'b', 'x');
    });

    describe('the maximum object size', () => {
      test.each<[string, string[], number]>([
        ['the plan’s', ['--max-file', '5000'], 5000],
        ['the server’s', [], mebibyte],
      ])(
        'is %s: one byte more is payload_too_large, with or without a length',
        async (_whose, limits, most) => {
          const { client, bucket } = await limited(limits);
          await stored(client, bucket, 'most', pattern(most));
          const bytes = pattern(most + 1);
          await expectError(await put(client, bucket, 'more', bytes), 'payload_too_large');
          const withoutLength = put(client, bucket, 'more', new Response(bytes).body as BodyInit);
          await expectError(await withoutLength, 'payload_too_large');
          await expectError(await put(client, bucket, 'most', bytes), 'payload_too_large');
          await expectError(await get(client, bucket, 'more'), 'object_not_found');
          await expectHolds(client, bucket, 1, most);
        },
      );

      test('is checked before the body is sent', async () => {
        const { client, bucket } = await limited(['--max-file', '100000']);
        const lines = [
          `PUT ${objectPath(bucket, 'key')} HTTP/1.1`,
          ...['Host: localhost', `Authorization: Bearer ${client.key}`],
        ];
        for (const length of [100_001, mebibyte + 1, 1.5 * mebibyte]) {
          const request = requestText([...lines, `Content-Length: ${length}`]);
          const { status, body } = await rawRequest(client.url, request);
          expect([length, status, JSON.parse(body).error.code]).toEqual([length, 413, 'payload_too_large']);
        }
      });
    });

    test('an account has at most 1000 buckets, even if many are created concurrently', async () => {
      const { running, client } = await limited([]);
      const answers: Response[] = [];
      for (let round = 0; round < 11; round += 1)
        answers.push(
          ...(await Promise.all(
            Array.from({ length: 100 }, (_, index) =>
              call(client, 'POST', '/v1/buckets', { json: { name: `n${crypto.randomUUID()}-${index}` } }),
            ),
          )),
        );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(999);
      const refused = answers.filter(({ status }) => status !== 201);
      for (const answer of refused.slice(0, 5)) await expectError(answer, 'quota_exceeded');
      expect(await usageOf(running, client.key)).toEqual(nothing);
    });
  });
}

await quotas('quotas of buckets on disk', false, []);
await quotas('quotas of buckets on S3', true, ['versitygw']);
