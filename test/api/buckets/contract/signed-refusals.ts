import { beforeAll, describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  bucketPath,
  type Client,
  call,
  expectBytes,
  get,
  newBucket,
  newClient,
  sharedClient,
  stored,
} from '../client.ts';
import { type Code, expectError, expectHeadError } from '../errors.ts';
import { askFor, inPieces, putTo, sign, signedUrl } from '../signed-client.ts';

const absent = Symbol('absent');
type Wrong = [field: string, value: unknown, code?: Code];
const each = (field: string, values: unknown[], code?: Code): Wrong[] =>
  values.map((value) => [field, value, code]);

const wrongRequests: Wrong[] = [
  ...each('key', [absent, null, 1, {}, []]),
  ...each('key', ['', '..', 'a/../b', 'a\0', 'x'.repeat(1025)], 'invalid_key'),
  ...each('method', [absent, null, 1, '', 'get', 'POST', 'DELETE', 'HEAD', ['GET']]),
  ...each('expiresIn', [absent, null, 0, -1, 1.5, 604_801, '60', true, {}]),
  ...each('contentType', [null, 1, '', 'image', 'a/b\r\nX: 1']),
  ...each('maxSize', [null, -1, 1.5, '10', true, {}]),
];

/** What a signed URL does not allow. */
export function signedRefusals(server: FileServerOf): void {
  let client: Client;
  let bucket: string;
  beforeAll(async () => {
    client = await sharedClient(await server());
    bucket = (await newBucket(client)).name;
    await stored(client, bucket, 'here', 'content');
  });
  const forbidden = async (response: Promise<Response>) => expectError(await response, 'forbidden');

  describe('signing', () => {
    test.each(
      wrongRequests.map(
        ([field, value, code]) =>
          [field, value === absent ? 'nothing' : JSON.stringify(value)?.slice(0, 40), value, code] as const,
      ),
    )('with a %s of %s is refused with its name', async (field, _shown, value, code = 'invalid_request') => {
      const fields = { key: 'x', method: 'PUT', expiresIn: 60 };
      const response = await sign(client, bucket, {
        ...fields,
        [field]: value === absent ? undefined : value,
      });
      const message = await expectError(response, code);
      if (code === 'invalid_request') expect(message).toContain(field);
    });

    test('a GET refuses the constraints of a PUT and unknown fields', async () => {
      const fields = { key: 'x', method: 'GET', expiresIn: 60 };
      for (const more of [{ contentType: 'text/plain' }, { maxSize: 1 }, { expires: 60 }]) {
        const response = await sign(client, bucket, { ...fields, ...more });
        expect(await expectError(response, 'invalid_request')).toContain(Object.keys(more)[0] ?? '');
      }
    });

    test('requires an own bucket', async () => {
      const fields = { key: 'here', method: 'GET', expiresIn: 60 };
      const otherClient = await newClient(await server());
      await expectError(await sign(otherClient, bucket, fields), 'forbidden');
      await expectError(await sign(client, 'no-such-bucket', fields), 'bucket_not_found');
      await expectError(await sign({ ...client, key: 'x' }, bucket, fields), 'unauthorized');
      expect((await sign(client, bucket, { ...fields, expiresIn: 1 })).status).toBe(200);
      // Public objects need no signature, but can have one.
      const open = await newBucket(otherClient, { public: true });
      await expectError(await sign(client, open.name, fields), 'forbidden');
    });
  });

  describe('a signed URL', () => {
    test.each(['GET', 'PUT'] as const)('for %s is invalid if any part of it is altered', async (method) => {
      const more = method === 'PUT' ? { contentType: 'text/plain', maxSize: 100 } : {};
      const url = await signedUrl(client, bucket, 'altered', method, more);
      await stored(client, bucket, 'altered', 'content', {}, method === 'GET' ? 201 : 200);
      const parameters = [...new URL(url).searchParams];
      const names = ['expires', 'key_id', 'method', 'signature'];
      const signedNames = method === 'PUT' ? [...names, 'content_type', 'max_size'] : names;
      expect(parameters.map(([name]) => name).sort()).toEqual(signedNames.sort());
      const altered = (change: (address: URL) => void) => {
        const address = new URL(url);
        change(address);
        return address.href;
      };
      const replacements: Record<string, string[]> = {
        expires: ['0', '99999999999999', 'x', '', '1e15', '-1'],
        key_id: ['x', '', '%00'],
        method: ['GET', 'PUT', 'HEAD', 'DELETE', '', 'x'].filter((other) => other !== method),
        content_type: ['image/png', '', 'TEXT/html'],
        max_size: ['101', '0', '', 'x', '1e9'],
        signature: ['', 'x', 'A'.repeat(43), '%ff'],
      };
      const wrong = [
        ...parameters.map(([name]) => altered(({ searchParams }) => searchParams.delete(name))),
        ...parameters.flatMap(([name]) =>
          (replacements[name] ?? []).map((value) =>
            altered(({ searchParams }) => searchParams.set(name, value)),
          ),
        ),
        altered(({ searchParams }) => searchParams.set('signature', flipped(searchParams.get('signature')))),
        altered((address) => {
          address.pathname = `/signed/${bucket}/there`;
        }),
        altered((address) => {
          address.pathname = `/signed/${bucket}/altered/`;
        }),
        altered((address) => {
          address.pathname = `/signed/no-such-bucket/altered`;
        }),
        altered((address) => {
          address.search = '';
        }),
      ];
      for (const address of wrong) {
        const init = method === 'PUT' ? { method, body: 'x', headers: { 'Content-Type': 'text/plain' } } : {};
        const response = await askFor(address, init);
        expect([address, response.status]).toEqual([address, 403]);
        await expectError(response, 'forbidden');
      }
      await expectBytes(client, bucket, 'altered', 'content');
      expect((await askFor(url, method === 'GET' ? {} : { method: 'HEAD' })).status).toBe(
        method === 'GET' ? 200 : 403,
      );
    });

    test('is invalid if something is added', async () => {
      const [read, write] = [
        await signedUrl(client, bucket, 'added', 'GET'),
        await signedUrl(client, bucket, 'added', 'PUT', { contentType: 'text/plain', maxSize: 100 }),
      ];
      const more = [
        'max_size=1000',
        'content_type=text/html',
        'expires=99999999999999',
        'signature=x',
        'x=y',
      ];
      for (const added of more) {
        await forbidden(askFor(`${read}&${added}`));
        await forbidden(putTo(`${write}&${added}`, 'x', { 'Content-Type': 'text/plain' }));
      }
    });

    test('is invalid in another spelling', async () => {
      const [read, write] = [
        await signedUrl(client, bucket, 'here', 'GET'),
        await signedUrl(client, bucket, 'same', 'PUT'),
      ];
      const zero = (url: string) => url.replace('expires=', 'expires=0');
      expect(zero(read)).not.toBe(read);
      for (const url of [zero(read), `${read}&content_type=`, `${read}&max_size=`])
        await forbidden(askFor(url));
      for (const url of [zero(write), `${write}&content_type=`, `${write}&max_size=`])
        await forbidden(putTo(url));
      expect((await askFor(read)).status).toBe(200);
      await expectError(await get(client, bucket, 'same'), 'object_not_found');
    });

    test('allows only its method, and HEAD with GET', async () => {
      const [read, write] = [
        await signedUrl(client, bucket, 'here', 'GET'),
        await signedUrl(client, bucket, 'here', 'PUT'),
      ];
      await forbidden(putTo(read));
      await forbidden(askFor(write));
      await expectHeadError(await askFor(write, { method: 'HEAD' }), 'forbidden');
      for (const url of [read, write])
        for (const method of ['POST', 'DELETE', 'PATCH'])
          expect((await askFor(url, { method })).status).toBeOneOf([403, 405]);
      await expectBytes(client, bucket, 'here', 'content');
    });

    test('cannot be changed to another bucket, key or account', async () => {
      const other = (await newBucket(client)).name;
      await stored(client, other, 'here', 'other');
      const url = await signedUrl(client, bucket, 'here', 'GET');
      await forbidden(askFor(url.replace(bucket, other)));
      const otherClient = await newClient(await server());
      const theirs = (await newBucket(otherClient)).name;
      await stored(otherClient, theirs, 'here', 'theirs');
      await forbidden(askFor(url.replace(bucket, theirs)));
      // An API key in the request changes nothing.
      const headers = { Authorization: `Bearer ${otherClient.key}` };
      await forbidden(askFor(url.replace(bucket, theirs), { headers }));
    });

    test('is invalid after its expiry', async () => {
      const [read, write] = [
        await signedUrl(client, bucket, 'here', 'GET', { expiresIn: 1 }),
        await signedUrl(client, bucket, 'expired', 'PUT', { expiresIn: 1 }),
      ];
      expect((await askFor(read)).status).toBe(200);
      await Bun.sleep(1100);
      await forbidden(askFor(read));
      await forbidden(putTo(write));
      await expectError(await get(client, bucket, 'expired'), 'object_not_found');
    });

    test('is invalid after its bucket is deleted, even if the name is used again', async () => {
      const { name } = await newBucket(client);
      const [read, write] = [
        await signedUrl(client, name, 'a', 'GET'),
        await signedUrl(client, name, 'a', 'PUT'),
      ];
      expect((await call(client, 'DELETE', bucketPath(name))).status).toBe(204);
      await forbidden(askFor(read));
      await forbidden(putTo(write));
      await newBucket(client, { name });
      await stored(client, name, 'a', 'new');
      await forbidden(askFor(read));
      await forbidden(putTo(write));
      await expectBytes(client, name, 'a', 'new');
      const again = await signedUrl(client, name, 'a', 'GET');
      expect(await (await askFor(again)).text()).toBe('new');
    });

    test('is invalid after its API key is revoked, unlike those of other keys', async () => {
      const owner = await newClient(await server());
      const { name } = await newBucket(owner);
      await stored(owner, name, 'a', 'content');
      const made = await answered<{ id: string; key: string }>(
        call(owner, 'POST', '/v1/keys', { json: {} }),
        201,
      );
      const [theirs, ours] = [
        await signedUrl({ ...owner, key: made.key }, name, 'a', 'GET'),
        await signedUrl(owner, name, 'a', 'GET'),
      ];
      expect((await askFor(theirs)).status).toBe(200);
      expect((await call(owner, 'DELETE', `/v1/keys/${made.id}`)).status).toBe(204);
      await forbidden(askFor(theirs));
      expect((await askFor(ours)).status).toBe(200);
    });

    test('accepts only the signed content type', async () => {
      const url = await signedUrl(client, bucket, 'typed', 'PUT', { contentType: 'image/png' });
      for (const type of ['image/jpeg', 'image/png; a=b', 'text/html'])
        await forbidden(putTo(url, 'x', { 'Content-Type': type }));
      await forbidden(putTo(url, new Uint8Array([1])));
      await expectError(await get(client, bucket, 'typed'), 'object_not_found');
      await answered(putTo(url, 'x', { 'Content-Type': 'image/png' }), 201);
      expect((await get(client, bucket, 'typed')).headers.get('content-type')).toBe('image/png');
    });

    test('accepts up to the signed number of bytes, with or without a length', async () => {
      const url = await signedUrl(client, bucket, 'sized', 'PUT', { maxSize: 10 });
      await expectError(await putTo(url, '01234567890'), 'payload_too_large');
      await expectError(await putTo(url, inPieces('012345', '67890')), 'payload_too_large');
      await expectError(await get(client, bucket, 'sized'), 'object_not_found');
      await answered(putTo(url, '0123456789'), 201);
      await answered(putTo(url, inPieces('01234', '56789')));
      await expectBytes(client, bucket, 'sized', '0123456789');
    });

    test('accepts no metadata and no expiry, which are not signed', async () => {
      const url = await signedUrl(client, bucket, 'plain', 'PUT');
      for (const headers of [{ 'x-ttl': '1h' }, { 'x-meta-a': 'b' }] as Record<string, string>[])
        await forbidden(putTo(url, 'x', headers));
      await expectError(await get(client, bucket, 'plain'), 'object_not_found');
    });

    test.each(['/signed/', '/signed/bucket', '/signed/bucket/'])(
      'is not %s: errors have one shape there',
      async (path) => {
        const response = await askFor(client.url + path);
        await expectError(response, response.status === 404 ? 'not_found' : 'forbidden');
      },
    );
  });
}

/** The same with one bit changed, of the same length. */
function flipped(signature: string | null): string {
  const text = signature ?? '';
  return (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
}
