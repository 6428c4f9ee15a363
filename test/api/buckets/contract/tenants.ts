import { describe, expect, test } from 'bun:test';
import { type FileServer, type FileServerOf, operate } from '../../file-server.ts';
import { newGuest } from '../../putput/client.ts';
import {
  allKeys,
  answered,
  bucketPath,
  type CallOptions,
  type Client,
  call,
  expectBytes,
  get,
  getBucket,
  head,
  newBucket,
  newClient,
  objectPath,
  sharedClient,
  stored,
} from '../client.ts';
import { type Code, expectError, expectHeadError } from '../errors.ts';

type Operation = [method: string, path: (bucket: string) => string, options?: CallOptions];

const start: Record<string, Operation> = {
  'get the bucket': ['GET', bucketPath],
  'change it': ['PATCH', bucketPath, { json: { public: true } }],
  'delete it': ['DELETE', bucketPath],
  'list objects': ['GET', (bucket) => `${bucketPath(bucket)}/objects`],
  'put an object': ['PUT', (bucket) => objectPath(bucket, 'theirs'), { body: 'stolen' }],
  'put a large object': ['PUT', (bucket) => objectPath(bucket, 'theirs'), { body: 'x'.repeat(300_000) }],
  'delete an object': ['DELETE', (bucket) => objectPath(bucket, 'theirs')],
  'copy an object': [
    'POST',
    (bucket) => `${objectPath(bucket, 'theirs')}/copy`,
    { json: { destinationKey: 'b' } },
  ],
  'delete many': [
    'POST',
    (bucket) => `${bucketPath(bucket)}/objects/batch-delete`,
    { json: { keys: ['theirs'] } },
  ],
  'start an upload': ['POST', (bucket) => `${bucketPath(bucket)}/uploads`, { json: { key: 'x' } }],
  'sign a URL': [
    'POST',
    (bucket) => `${bucketPath(bucket)}/sign`,
    { json: { key: 'theirs', method: 'GET', expiresIn: 60 } },
  ],
};
const readings: Record<string, Operation> = {
  'read an object': ['GET', (bucket) => objectPath(bucket, 'theirs')],
  'read one that is not there': ['GET', (bucket) => objectPath(bucket, 'unknown')],
  'read a part of one': [
    'GET',
    (bucket) => objectPath(bucket, 'theirs'),
    { headers: { Range: 'bytes=0-0' } },
  ],
};
const everything = { ...start, ...readings };

/**
 * The bucket of another account is 403, and without a key nothing is revealed (docs/contract/buckets.md, "Buckets").
 */
export function tenants(server: FileServerOf): void {
  const theirs = async (fields: Record<string, unknown> = {}) => {
    const owner = await sharedClient(await server());
    const { name: bucket } = await newBucket(owner, fields);
    await stored(owner, bucket, 'theirs', 'content');
    return { owner, bucket };
  };
  const attempt = (
    caller: { url: string; key?: string },
    [method, path, options]: Operation,
    bucket: string,
  ) => call(caller, method, path(bucket), options);
  const expectUntouched = async (owner: Client, bucket: string, isPublic = false) => {
    await expectBytes(owner, bucket, 'theirs', 'content');
    expect(await allKeys(owner, bucket)).toEqual(['theirs']);
    expect(await getBucket(owner, bucket)).toMatchObject({ public: isPublic, objectCount: 1, sizeBytes: 7 });
  };
  const anonymous = new Map<string, Promise<Client>>();
  const otherAccount = (running: FileServer) => {
    const known = anonymous.get(running.url) ?? newClient(running);
    anonymous.set(running.url, known);
    return known;
  };

  describe('a bucket of another account', () => {
    test.each(Object.entries(everything))('does not allow to %s', async (_name, operation) => {
      const { owner, bucket } = await theirs();
      await expectError(await attempt(await otherAccount(await server()), operation, bucket), 'forbidden');
      await expectUntouched(owner, bucket);
    });

    test.each(Object.entries(start))(
      'does not allow to %s even if it is public',
      async (_name, operation) => {
        const { owner, bucket } = await theirs({ public: true });
        await expectError(await attempt(await otherAccount(await server()), operation, bucket), 'forbidden');
        await expectUntouched(owner, bucket, true);
      },
    );

    test('can be read if it is public, with the key of another account or without one', async () => {
      const { bucket } = await theirs({ public: true });
      const other = await otherAccount(await server());
      await expectBytes(other, bucket, 'theirs', 'content');
      expect((await head(other, bucket, 'theirs')).status).toBe(200);
      await expectError(await get(other, bucket, 'unknown'), 'object_not_found');
    });

    test('refuses HEAD and copies into it', async () => {
      const { owner, bucket } = await theirs();
      const other = await otherAccount(await server());
      await expectHeadError(await head(other, bucket, 'theirs'), 'forbidden');
      const { name: own } = await newBucket(other);
      await stored(other, own, 'own', 'own');
      for (const destinationKey of ['theirs', 'new']) {
        const json = { destinationBucket: bucket, destinationKey };
        const response = await call(other, 'POST', `${objectPath(own, 'own')}/copy`, { json });
        await expectError(response, 'forbidden');
      }
      await expectUntouched(owner, bucket);
    });
  });

  test.each(Object.entries(everything))(
    'in a bucket that is not there one cannot %s',
    async (_name, operation) => {
      const client = await sharedClient(await server());
      for (const bucket of [`no-${crypto.randomUUID()}`, 'NOT_A_NAME', 'a'.repeat(200), 'x'])
        await expectError(await attempt(client, operation, bucket), 'bucket_not_found');
    },
  );

  describe('without a valid key', () => {
    const others = {
      ...{ create: ['POST', '/v1/buckets', { json: { name: 'stolen-name' } }], list: ['GET', '/v1/buckets'] },
      ...{ account: ['GET', '/v1/account'], keys: ['GET', '/v1/keys'], webhooks: ['GET', '/v1/webhooks'] },
    } as Record<string, [string, string, CallOptions?]>;
    const wrong: Record<string, (running: FileServer) => Promise<string | undefined>> = {
      'no key': async () => undefined,
      'an unknown key': async () => `sk_live_${'x'.repeat(32)}`,
      'a word': async () => 'word',
      'a revoked key': async (running) => {
        const { key, account } = await newClient(running);
        const rows = (await operate(running, ['keys', 'list'])).split('\n');
        const [id = ''] = rows.find((row) => row.includes(account))?.split(/\s+/) ?? [];
        await operate(running, ['keys', 'revoke', id]);
        return key;
      },
      'a guest of PutPut': async ({ url }) => (await newGuest(url, '/api/v1')).token,
      'a key of UploadKit': async (running) =>
        operate(running, ['keys', 'create', '--kind', 'uploadkit', '--account', `a-${crypto.randomUUID()}`]),
    };

    test.each(Object.entries(wrong))('%s: reveals and changes nothing', async (_name, make) => {
      const running = await server();
      const key = await make(running);
      const caller = { url: running.url, ...(key !== undefined && { key }) };
      const { owner, bucket } = await theirs();
      const unknown = `no-${crypto.randomUUID()}`;
      for (const place of [bucket, unknown, 'NOT_A_NAME'])
        for (const [name, operation] of Object.entries(everything)) {
          const response = await attempt(caller, operation, place);
          expect([name, place, response.status]).toEqual([name, place, 401]);
          await expectError(response, 'unauthorized');
        }
      for (const [method, path, options] of Object.values(others))
        await expectError(await call(caller, method, path, options), 'unauthorized');
      await expectHeadError(await head(caller, bucket, 'theirs'), 'unauthorized');
      await expectUntouched(owner, bucket);
    });

    test('a public bucket cannot be written or listed', async () => {
      const { owner, bucket } = await theirs({ public: true });
      for (const operation of Object.values(start))
        await expectError(await attempt({ url: owner.url }, operation, bucket), 'unauthorized');
      await expectUntouched(owner, bucket, true);
    });

    test('the key must be a bearer token', async () => {
      const { owner, bucket } = await theirs();
      const shown: [Record<string, string>, Code | undefined][] = [
        [{ Authorization: `bearer ${owner.key}` }, undefined],
        [{ Authorization: `Basic ${owner.key}` }, 'unauthorized'],
        [{ Authorization: owner.key }, 'unauthorized'],
        [{ Authorization: `Bearer ${owner.key}x` }, 'unauthorized'],
        [{ Authorization: 'Bearer ' }, 'unauthorized'],
        [{ Cookie: `key=${owner.key}` }, 'unauthorized'],
      ];
      for (const [headers, code] of shown) {
        const response = await call({ url: owner.url }, 'GET', bucketPath(bucket), { headers });
        if (code === undefined) await answered(Promise.resolve(response));
        else await expectError(response, code);
      }
      const query = await call({ url: owner.url }, 'GET', `${bucketPath(bucket)}?key=${owner.key}`);
      await expectError(query, 'unauthorized');
    });
  });
}
