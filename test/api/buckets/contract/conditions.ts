import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  call,
  done,
  expectBytes,
  get,
  head,
  newBucket,
  objectPath,
  pattern,
  put,
  remove,
  sharedClient,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';

/** Conditional writes (RFC 9110, section 13): no client overwrites a version that it does not know. */
export function conditions(server: FileServerOf): void {
  const bucketWithKey = async () => {
    const client = await sharedClient(await server());
    const { name: bucket } = await newBucket(client);
    const { etag } = await stored(client, bucket, 'key', 'before');
    return { client, bucket, etag: `"${etag}"` };
  };
  const yesterday = () => new Date(Date.now() - 86_400_000).toUTCString();
  const tomorrow = () => new Date(Date.now() + 86_400_000).toUTCString();

  const failing = (etag: string): Record<string, string>[] => [
    { 'If-Match': '"other"' },
    { 'If-Match': `W/${etag}` },
    { 'If-None-Match': '*' },
    { 'If-None-Match': etag },
    { 'If-None-Match': `"other", W/${etag}` },
    { 'If-Unmodified-Since': yesterday() },
  ];
  const holding = (etag: string): Record<string, string>[] => [
    { 'If-Match': '*' },
    { 'If-Match': etag },
    { 'If-Match': `"other", ${etag}` },
    { 'If-None-Match': '"other"' },
    { 'If-Unmodified-Since': tomorrow() },
    // Section 13.2.2: If-Match takes precedence over If-Unmodified-Since.
    { 'If-Match': etag, 'If-Unmodified-Since': yesterday() },
  ];

  describe('a conditional PUT', () => {
    test.each([10, 200_000])('whose condition fails changes nothing (%d bytes)', async (size) => {
      const { client, bucket, etag } = await bucketWithKey();
      for (const condition of failing(etag)) {
        await expectError(await put(client, bucket, 'key', pattern(size), condition), 'precondition_failed');
        expect((await head(client, bucket, 'key')).headers.get('etag')).toBe(etag);
      }
      await expectBytes(client, bucket, 'key', 'before');
    });

    test('whose condition holds replaces the object', async () => {
      const { client, bucket } = await bucketWithKey();
      for (const index of holding('""').keys()) {
        const etag = (await head(client, bucket, 'key')).headers.get('etag') ?? '';
        await stored(client, bucket, 'key', `content ${index}`, holding(etag)[index], 200);
        await expectBytes(client, bucket, 'key', `content ${index}`);
      }
    });

    test('of a key without an object fails with If-Match and succeeds with If-None-Match', async () => {
      const { client, bucket, etag } = await bucketWithKey();
      for (const condition of [{ 'If-Match': '*' }, { 'If-Match': etag }]) {
        await expectError(await put(client, bucket, 'new', 'x', condition), 'precondition_failed');
        await expectError(await get(client, bucket, 'new'), 'object_not_found');
      }
      await stored(client, bucket, 'one', 'x', { 'If-None-Match': '*' });
      await stored(client, bucket, 'two', 'x', { 'If-None-Match': etag });
      await stored(client, bucket, 'three', 'x', { 'If-Unmodified-Since': yesterday() });
    });

    test.each([10, 100_000])(
      'with If-None-Match: * succeeds for one of many callers (%d bytes)',
      async (size) => {
        const { client, bucket } = await bucketWithKey();
        for (let round = 0; round < 5; round += 1) {
          const bodies = Array.from({ length: 12 }, (_, index) => pattern(size, index + 1));
          const answers = await Promise.all(
            bodies.map((body) => put(client, bucket, `new ${round}`, body, { 'If-None-Match': '*' })),
          );
          const winner = answers.findIndex(({ status }) => status === 201);
          await expectBytes(client, bucket, `new ${round}`, bodies[winner] ?? '');
          for (const [index, answer] of answers.entries())
            if (index !== winner) await expectError(answer, 'precondition_failed');
        }
      },
    );

    test('with If-Match loses no concurrent update', async () => {
      const { client, bucket } = await bucketWithKey();
      await stored(client, bucket, 'count', '0');
      const increment = async () => {
        for (;;) {
          const read = await get(client, bucket, 'count');
          const condition = { 'If-Match': read.headers.get('etag') ?? '' };
          const next = String(Number(await read.text()) + 1);
          const { status } = await put(client, bucket, 'count', next, condition);
          if (status === 200) return;
          expect(status).toBe(412);
        }
      };
      await Promise.all(Array.from({ length: 15 }, increment));
      await expectBytes(client, bucket, 'count', '15');
    });

    test('whose object changes while its body arrives is 412', async () => {
      const { client, bucket, etag } = await bucketWithKey();
      let release = () => {};
      const wait = new Promise<void>((resolve) => {
        release = resolve;
      });
      const slowly = () =>
        new ReadableStream<Uint8Array>({
          async start(controller) {
            controller.enqueue(pattern(100_000));
            await wait;
            controller.enqueue(pattern(100_000));
            controller.close();
          },
        });
      const answers = [
        put(client, bucket, 'key', slowly(), { 'If-Match': etag }),
        put(client, bucket, 'new', slowly(), { 'If-None-Match': '*' }),
      ];
      await Bun.sleep(300);
      await stored(client, bucket, 'key', 'between', {}, 200);
      await stored(client, bucket, 'new', 'between');
      release();
      for (const answer of answers) await expectError(await answer, 'precondition_failed');
      for (const key of ['key', 'new']) await expectBytes(client, bucket, key, 'between');
    });
  });

  describe('a conditional DELETE', () => {
    test('deletes only if its condition holds', async () => {
      const { client, bucket, etag } = await bucketWithKey();
      for (const condition of failing(etag))
        await expectError(await remove(client, bucket, 'key', condition), 'precondition_failed');
      await expectBytes(client, bucket, 'key', 'before');
      for (const index of holding('""').keys()) {
        const { etag } = await stored(client, bucket, `key ${index}`, 'x');
        await done(remove(client, bucket, `key ${index}`, holding(`"${etag}"`)[index]));
        await expectError(await get(client, bucket, `key ${index}`), 'object_not_found');
      }
    });
  });

  describe('a conditional copy', () => {
    const copy = async (to: string, headers: Record<string, string>) => {
      const { client, bucket, etag } = await bucketWithKey();
      await stored(client, bucket, 'there', 'there');
      const own = (await head(client, bucket, 'there')).headers.get('etag') ?? '';
      const given = Object.entries(headers).map(([name, value]) => [
        name,
        value.replace('SOURCE', etag).replace('DESTINATION', own),
      ]);
      const path = `${objectPath(bucket, 'key')}/copy`;
      const options = { json: { destinationKey: to }, headers: Object.fromEntries(given) };
      const response = await call(client, 'POST', path, options);
      return { client, bucket, response };
    };

    test.each([
      ['there', { 'If-None-Match': '*' }],
      ['there', { 'If-None-Match': 'DESTINATION' }],
      ['there', { 'If-Match': '"other"' }],
      ['there', { 'If-Match': 'SOURCE' }],
    ])('checks the destination: to %s with %j is 412', async (to, headers) => {
      const { client, bucket, response } = await copy(to, headers as Record<string, string>);
      await expectError(response, 'precondition_failed');
      await expectBytes(client, bucket, 'there', 'there');
    });

    test.each([
      ['there', { 'If-Match': 'DESTINATION' }],
      ['there', { 'If-Match': '*' }],
      ['there', { 'If-None-Match': 'SOURCE' }],
      ['new', { 'If-None-Match': '*' }],
    ])('to %s with %j succeeds', async (to, headers) => {
      const { client, bucket, response } = await copy(to, headers as Record<string, string>);
      expect(response.status).toBe(201);
      await expectBytes(client, bucket, to, 'before');
    });

    test('to an unused key with If-Match is 412', async () => {
      const { client, bucket, response } = await copy('new', { 'If-Match': '*' });
      await expectError(response, 'precondition_failed');
      await expectError(await get(client, bucket, 'new'), 'object_not_found');
    });
  });
}
