import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  type Bucket,
  bucketPath,
  type Client,
  call,
  done,
  getBucket,
  list,
  newBucket,
  newBucketName,
  newClient,
  type Page,
  put,
  remove,
  sharedClient,
  stored,
  time,
} from '../client.ts';
import { expectError } from '../errors.ts';

const create = (client: Client, json: unknown) => call(client, 'POST', '/v1/buckets', { json });
const patch = (client: Client, name: string, json: unknown) =>
  call(client, 'PATCH', bucketPath(name), { json });
const drop = (client: Client, name: string) => call(client, 'DELETE', bucketPath(name));

/** docs/contract/buckets.md, "Buckets". */
export function buckets(server: FileServerOf): void {
  describe('a bucket', () => {
    test('is created, shown, changed and deleted as documented', async () => {
      const client = await sharedClient(await server());
      const name = newBucketName();
      const response = await create(client, { name });
      expect(response.headers.get('location')).toBe(`/v1/buckets/${name}`);
      const bucket = await answered<Bucket>(Promise.resolve(response), 201);
      expect(bucket).toEqual({
        name,
        public: false,
        defaultTtlSeconds: null,
        objectCount: 0,
        sizeBytes: 0,
        createdAt: expect.stringMatching(time),
      });
      expect(Math.abs(Date.parse(bucket.createdAt) - Date.now())).toBeLessThan(5000);
      expect(await getBucket(client, name)).toEqual(bucket);

      const changed = { ...bucket, public: true, defaultTtlSeconds: 600 };
      expect(await answered(patch(client, name, { public: true, defaultTtlSeconds: 600 }))).toEqual(changed);
      expect(await answered(patch(client, name, {}))).toEqual(changed);
      const back = { ...changed, defaultTtlSeconds: null };
      expect(await answered(patch(client, name, { defaultTtlSeconds: null }))).toEqual(back);
      expect(await getBucket(client, name)).toEqual(back);

      await done(drop(client, name));
      for (const method of ['GET', 'DELETE'])
        await expectError(await call(client, method, bucketPath(name)), 'bucket_not_found');
      await expectError(await patch(client, name, {}), 'bucket_not_found');
      // The name is free again.
      expect((await answered<Bucket>(create(client, { name }), 201)).public).toBe(false);
    });

    test('can be public and have a TTL from the start', async () => {
      const client = await sharedClient(await server());
      const fields = { public: true, defaultTtlSeconds: 31_536_000 };
      expect(await newBucket(client, fields)).toMatchObject(fields);
      expect(await newBucket(client, { defaultTtlSeconds: null })).toMatchObject({ defaultTtlSeconds: null });
    });

    test('counts its objects and their bytes', async () => {
      const client = await sharedClient(await server());
      const { name } = await newBucket(client);
      const holds = async () => {
        const { objectCount, sizeBytes } = await getBucket(client, name);
        return { objectCount, sizeBytes };
      };
      await stored(client, name, 'a', 'x'.repeat(10));
      await stored(client, name, 'b', 'x'.repeat(100_000));
      expect(await holds()).toEqual({ objectCount: 2, sizeBytes: 100_010 });
      await stored(client, name, 'b', 'x', {}, 200);
      expect(await holds()).toEqual({ objectCount: 2, sizeBytes: 11 });
      await stored(client, name, 'c', '');
      expect(await holds()).toEqual({ objectCount: 3, sizeBytes: 11 });
      await done(remove(client, name, 'a'));
      expect(await holds()).toEqual({ objectCount: 2, sizeBytes: 1 });
    });

    test('can be deleted only when it is empty', async () => {
      const client = await sharedClient(await server());
      const { name } = await newBucket(client);
      await stored(client, name, 'a');
      await expectError(await drop(client, name), 'bucket_not_empty');
      expect((await list(client, name)).data).toHaveLength(1);
      await done(remove(client, name, 'a'));
      await done(drop(client, name));
    });

    test('cannot be created if the name is taken, by any account', async () => {
      const running = await server();
      const [client, other] = [await sharedClient(running), await newClient(running)];
      const { name } = await newBucket(client, { public: true });
      await expectError(await create(client, { name }), 'bucket_already_exists');
      await expectError(await create(other, { name }), 'bucket_already_exists');
      expect((await getBucket(client, name)).public).toBe(true);
    });

    test('is created once by concurrent callers', async () => {
      const running = await server();
      const [client, other] = [await sharedClient(running), await newClient(running)];
      for (let round = 0; round < 10; round += 1) {
        const name = newBucketName();
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) => create(index % 2 ? client : other, { name })),
        );
        const statuses = answers.map(({ status }) => status).sort();
        expect(statuses).toEqual([201, ...Array<number>(9).fill(409)]);
      }
    });

    test('that is deleted during puts is either gone or keeps the new objects', async () => {
      const client = await sharedClient(await server());
      for (let round = 0; round < 20; round += 1) {
        const { name } = await newBucket(client);
        const body = 'x'.repeat(round % 2 ? 10 : 100_000);
        const puts = Array.from({ length: 6 }, (_, index) => put(client, name, `${index}`, body));
        const [deletion, ...answers] = await Promise.all([drop(client, name), ...puts]);
        const statuses = answers.map(({ status }) => status);
        const kept = statuses.filter((status) => status === 201).length;
        if (deletion.status === 204) {
          expect(statuses).toEqual(Array<number>(6).fill(404));
          for (const answer of answers) await expectError(answer, 'bucket_not_found');
          await expectError(await call(client, 'GET', bucketPath(name)), 'bucket_not_found');
        } else {
          await expectError(deletion, 'bucket_not_empty');
          expect(kept).toBe(6);
          expect(await getBucket(client, name)).toMatchObject({
            objectCount: 6,
            sizeBytes: 6 * body.length,
          });
        }
      }
    });

    test('that is deleted during an upload does not get the object, nor does a new one with the same name', async () => {
      const client = await sharedClient(await server());
      for (const again of [false, true]) {
        const { name } = await newBucket(client);
        let release = () => {};
        const wait = new Promise<void>((resolve) => {
          release = resolve;
        });
        const body = new ReadableStream<Uint8Array>({
          async start(controller) {
            controller.enqueue(new Uint8Array(100_000));
            await wait;
            controller.enqueue(new Uint8Array(100_000));
            controller.close();
          },
        });
        const answer = put(client, name, 'late', body);
        // Time for the first bytes to arrive.
        await Bun.sleep(300);
        await done(drop(client, name));
        if (again) await answered(create(client, { name }), 201);
        release();
        await expectError(await answer, 'bucket_not_found');
        if (again) expect((await list(client, name)).data).toEqual([]);
      }
    });
  });

  describe('names of buckets', () => {
    const unique = () => crypto.randomUUID().slice(0, 8);
    test.each([
      () => `${unique()}${'a'.repeat(55)}`,
      () => unique().slice(0, 3),
      () => `a.b.${unique()}`,
      () => `a--${unique()}`,
      () => `192.168.5.${unique()}`,
      () => `1.2.3.4.${unique()}`,
    ])('can be these (%#)', async (make) => {
      const client = await sharedClient(await server());
      const name = make();
      expect((await newBucket(client, { name })).name).toBe(name);
      expect((await getBucket(client, name)).name).toBe(name);
      await done(drop(client, name));
    });

    test.each([
      ...['', 'ab', 'a'.repeat(64), 'Upper-case', 'under_score', '-first', 'last-', '.first', 'last.'],
      ...[
        'two..dots',
        'dot.-dash',
        'dash-.dot',
        '192.168.5.4',
        'sp ace',
        'a/b/c',
        'ünïcode',
        'abc\n',
        '../etc',
      ],
      ...['%2e%2e%2f', 'abc\0', 'x😀x'],
    ])('cannot be %j', async (name) => {
      const client = await sharedClient(await server());
      const message = await expectError(await create(client, { name }), 'invalid_request');
      expect(message).toStartWith('name ');
      const path = `/v1/buckets/${encodeURIComponent(name)}`;
      if (name !== '') await expectError(await call(client, 'GET', path), 'bucket_not_found');
    });
  });

  describe('the list of buckets', () => {
    const page = (client: Client, query: string) =>
      answered<Page<Bucket>>(call(client, 'GET', `/v1/buckets${query}`));

    test('has the buckets of the account by name in byte order, in pages', async () => {
      const running = await server();
      const [client, other] = [await newClient(running), await newClient(running)];
      expect(await page(client, '')).toEqual({ data: [], nextCursor: null });
      const mark = crypto.randomUUID().slice(0, 8);
      const names = ['b', 'a.c', 'a-b', 'ab', 'a0', 'z9', '0a'].map((name) => `${name}${mark}`);
      const made = await Promise.all(names.map((name) => newBucket(client, { name })));
      await newBucket(other);
      const sorted = made.sort((one, two) => Buffer.compare(Buffer.from(one.name), Buffer.from(two.name)));
      expect(await page(client, '')).toEqual({ data: sorted, nextCursor: null });
      for (const limit of [1, 2, 3, 7, 1000]) {
        const read: Bucket[] = [];
        for (let cursor = ''; ; ) {
          const { data, nextCursor } = await page(client, `?limit=${limit}${cursor && `&cursor=${cursor}`}`);
          expect(data.length).toBeLessThanOrEqual(limit);
          read.push(...data);
          if (nextCursor === null) break;
          expect(data).toHaveLength(limit);
          cursor = encodeURIComponent(nextCursor);
        }
        expect(read).toEqual(sorted);
      }
    });

    test('continues after its cursor while buckets are created and deleted', async () => {
      const client = await newClient(await server());
      const mark = crypto.randomUUID().slice(0, 8);
      for (const name of ['b', 'd', 'f', 'h']) await newBucket(client, { name: `${name}-${mark}` });
      const { data, nextCursor } = await page(client, '?limit=2');
      expect(data.map(({ name }) => name[0])).toEqual(['b', 'd']);
      await done(drop(client, `d-${mark}`));
      await done(drop(client, `f-${mark}`));
      for (const name of ['a', 'g']) await newBucket(client, { name: `${name}-${mark}` });
      const rest = await page(client, `?cursor=${encodeURIComponent(nextCursor ?? '')}`);
      expect(rest.data.map(({ name }) => name[0])).toEqual(['g', 'h']);
      expect(rest.nextCursor).toBeNull();
    });

    test.each([
      'limit=0',
      'limit=1001',
      'limit=-1',
      'limit=x',
      'limit=1.5',
      'limit=1e2',
      'cursor=x',
      'cursor=%00',
    ])('refuses %s', async (query) => {
      const client = await sharedClient(await server());
      await expectError(await call(client, 'GET', `/v1/buckets?${query}`), 'invalid_request');
    });
  });
}
