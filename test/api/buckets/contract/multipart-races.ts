import { beforeAll, describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  bucketPath,
  type Client,
  call,
  expectBytes,
  get,
  getBucket,
  list,
  newBucket,
  sharedClient,
} from '../client.ts';
import { expectError } from '../errors.ts';
import {
  abort,
  complete,
  completed,
  fullPart,
  joined,
  type Part,
  putPart,
  sent,
  started,
} from '../upload-client.ts';

const rounds = 8;
const each = Array.from({ length: rounds }, (_, round) => round);

/** Concurrent requests about one upload have one consistent outcome. */
export function multipartRaces(server: FileServerOf): void {
  let client: Client;
  let bucket: string;
  beforeAll(async () => {
    client = await sharedClient(await server());
    bucket = (await newBucket(client)).name;
  });
  const begin = (key: string = crypto.randomUUID()) => started(client, bucket, key);

  describe('concurrently', () => {
    test('of many completions one creates the object, and the others find no upload', async () => {
      for (const round of each) {
        const upload = await begin();
        const parts = [await sent(client, upload, 1, `round ${round}`)];
        const answers = await Promise.all(Array.from({ length: 4 }, () => complete(client, upload, parts)));
        const [made, ...others] = answers.toSorted((one, other) => one.status - other.status);
        if (made === undefined) throw new Error('no answer');
        await answered(Promise.resolve(made));
        for (const other of others) await expectError(other, 'upload_not_found');
        await expectBytes(client, bucket, upload.key, `round ${round}`);
      }
    });

    test('a completion or an abort wins', async () => {
      for (const round of each) {
        const upload = await begin();
        const parts = [await sent(client, upload, 1, `round ${round}`)];
        const [completion, abortion] = await Promise.all(
          round % 2 === 0
            ? [complete(client, upload, parts), abort(client, upload)]
            : [abort(client, upload), complete(client, upload, parts)].reverse(),
        );
        if (completion === undefined || abortion === undefined) throw new Error('no answer');
        if (completion.status === 200) {
          await expectError(abortion, 'upload_not_found');
          await expectBytes(client, bucket, upload.key, `round ${round}`);
        } else {
          await expectError(completion, 'upload_not_found');
          expect(abortion.status).toBe(204);
          await expectError(await get(client, bucket, upload.key), 'object_not_found');
        }
      }
    });

    test('a part that is replaced during the completion is intact, old or new', async () => {
      for (const round of each) {
        const upload = await begin();
        const old = await sent(client, upload, 1, `old ${round}`);
        const replace = () => putPart(client, upload, 1, `new ${round}`);
        const [completion, first] = await Promise.all([complete(client, upload, [old]), replace()]);
        // The S3 server of the tests returns InternalError for a part that a completion is reading.
        const mayFail = first.status === 503 && (await server()).s3 !== undefined;
        const replacement = mayFail ? await replace() : first;
        if (completion.status === 200) {
          if (replacement.status !== 200) await expectError(replacement, 'upload_not_found');
          await expectBytes(client, bucket, upload.key, `old ${round}`);
        } else {
          await expectError(completion, 'invalid_request');
          const next = await answered<Part>(Promise.resolve(replacement));
          await completed(client, upload, [next]);
          await expectBytes(client, bucket, upload.key, `new ${round}`);
        }
      }
    });

    test('of many parts with one number one remains, and only its ETag is valid', async () => {
      for (const round of each.slice(0, 4)) {
        const upload = await begin();
        const bodies = Array.from({ length: 6 }, (_, index) => `${round} ${index} `.repeat(50_000));
        const taken = await Promise.all(bodies.map((body) => sent(client, upload, 1, body)));
        const good: string[] = [];
        for (const [index, part] of taken.entries()) {
          const response = await complete(client, upload, [part]);
          if (response.status === 200) good.push(bodies[index] ?? '');
          else await expectError(response, good.length > 0 ? 'upload_not_found' : 'invalid_request');
        }
        expect(good).toHaveLength(1);
        // The S3 server of the tests mixes up concurrent parts of one number, even without this server.
        if ((await server()).s3 === undefined) await expectBytes(client, bucket, upload.key, good[0] ?? '');
      }
    });

    test('completed uploads of one key leave one intact object', async () => {
      for (const round of each.slice(0, 4)) {
        const { name } = await newBucket(client);
        const bodies = ['a', 'b', 'c'].map((letter) => letter.repeat(1000 + round));
        const made = await Promise.all(
          bodies.map(async (body) => {
            const upload = await started(client, name, 'one');
            const parts = [await sent(client, upload, 1, body)];
            return completed(client, upload, parts);
          }),
        );
        const [left, ...none] = (await list(client, name)).data;
        expect(none).toEqual([]);
        const winner = made.findIndex(({ etag }) => etag === left?.etag);
        await expectBytes(client, name, 'one', bodies[winner] ?? '');
        expect(await getBucket(client, name)).toMatchObject({ objectCount: 1, sizeBytes: 1000 + round });
      }
    });

    test('an abort while parts arrive leaves no upload', async () => {
      for (const _round of each.slice(0, 4)) {
        const upload = await begin();
        const [first, second, abortion] = await Promise.all([
          putPart(client, upload, 1, fullPart(1)),
          putPart(client, upload, 2, fullPart(2)),
          abort(client, upload),
        ]);
        expect(abortion.status).toBe(204);
        for (const response of [first, second])
          if (response.status !== 200) await expectError(response, 'upload_not_found');
        await expectError(await putPart(client, upload, 3, 'late'), 'upload_not_found');
        await expectError(await abort(client, upload), 'upload_not_found');
      }
    });

    test('a bucket that is deleted during a completion keeps the object, or is gone', async () => {
      for (const round of each) {
        const { name } = await newBucket(client);
        const upload = await started(client, name, 'one');
        const parts = [await sent(client, upload, 1, `round ${round}`)];
        const [completion, deletion] = await Promise.all([
          complete(client, upload, parts),
          call(client, 'DELETE', bucketPath(name)),
        ]);
        if (completion.status === 200) {
          await expectError(deletion, 'bucket_not_empty');
          await expectBytes(client, name, 'one', `round ${round}`);
        } else {
          expect(deletion.status).toBe(204);
          const { code } = ((await completion.json()) as { error: { code: string } }).error;
          expect(code).toBeOneOf(['bucket_not_found', 'upload_not_found']);
          await expectError(await get(client, name, 'one'), 'bucket_not_found');
        }
      }
    });

    test('parts of many uploads are not mixed up', async () => {
      const letters = ['a', 'b', 'c', 'd'];
      await Promise.all(
        letters.map(async (letter, index) => {
          const upload = await begin();
          const end = letter.repeat(100_000);
          const parts = await Promise.all([
            sent(client, upload, 1, fullPart(index + 1)),
            sent(client, upload, 2, end),
          ]);
          await completed(client, upload, parts);
          await expectBytes(client, bucket, upload.key, joined(fullPart(index + 1), end));
        }),
      );
    });
  });
}
