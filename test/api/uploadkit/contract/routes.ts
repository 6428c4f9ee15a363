import { beforeAll, describe, expect, test } from 'bun:test';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Client,
  type Code,
  call,
  example,
  expectError,
  newClient,
  newRoute,
  request,
} from '../client.ts';

/** File routes, and the files that they accept (docs/contract/uploadkit.md, "File routes"). */
export function routes(server: FileServerOf): void {
  let client: Client;
  beforeAll(async () => {
    const running = await server();
    client = await newClient(running);
    const { account } = client;
    await newRoute(running, account, 'documents', [
      '--max-size',
      '10MiB',
      '--types',
      'application/pdf, text/plain',
    ]);
    await newRoute(running, account, 'anything', ['--max-size', '1500000']);
  });

  const refused = async (fields: Record<string, unknown>, code: Code) => {
    const before = await usageOf(await server(), client.key);
    const response = await call(client, 'POST', '/upload/request', { ...example, ...fields });
    const message = await expectError(response, code);
    expect(await usageOf(await server(), client.key)).toEqual(before);
    return message;
  };

  describe('file routes', () => {
    test('4 MB are 4 × 1024² bytes; one more is rejected with the documented message', async () => {
      const limit = 4 * 1024 * 1024;
      expect((await request(client, { fileSize: limit })).fileId).toBeString();
      for (const fileSize of [limit + 1, 2 ** 53, 1e300])
        expect(await refused({ fileSize }, 'FILE_TOO_LARGE')).toBe(
          'File size exceeds the 4 MB limit for route imageUploader',
        );
    });

    test.each([
      ['documents', 10 * 1024 * 1024, '10 MB'],
      ['anything', 1_500_000, '1.43 MB'],
    ])('the route %s has its own limit', async (routeSlug, limit, limitText) => {
      const contentType = 'text/plain';
      expect((await request(client, { routeSlug, contentType, fileSize: limit })).fileId).toBeString();
      expect(await refused({ routeSlug, contentType, fileSize: limit + 1 }, 'FILE_TOO_LARGE')).toBe(
        `File size exceeds the ${limitText} limit for route ${routeSlug}`,
      );
    });

    test.each(['image/jpeg', 'image/png', 'IMAGE/PNG', 'image/svg+xml', 'image/png; a=b'])(
      'image/* accepts %s',
      async (contentType) => {
        expect((await request(client, { contentType })).fileId).toBeString();
      },
    );

    test.each(['text/plain', 'application/pdf', 'images/png', 'imagex/png', 'application/image'])(
      'image/* rejects %s',
      async (contentType) => {
        expect(await refused({ contentType }, 'FILE_TYPE_NOT_ALLOWED')).toContain('imageUploader');
      },
    );

    test('a list of types accepts each type, with any parameters', async () => {
      const routeSlug = 'documents';
      for (const contentType of ['application/pdf', 'text/plain', 'text/plain; charset=utf-8', 'Text/Plain'])
        expect((await request(client, { routeSlug, contentType })).fileId).toBeString();
      for (const contentType of ['image/png', 'text/html', 'application/pdfx', 'text/plain-old'])
        expect(await refused({ routeSlug, contentType }, 'FILE_TYPE_NOT_ALLOWED')).toContain('documents');
    });

    test('without types every type is accepted, also those that guests may not upload', async () => {
      for (const contentType of ['text/html', 'application/x-msdownload', 'x/y'])
        expect((await request(client, { routeSlug: 'anything', contentType })).fileId).toBeString();
    });

    test.each(['nowhere', 'ImageUploader', 'imageUploader ', '../imageUploader', "' OR 1=1 --", '\0', '😀'])(
      'the route %j is ROUTE_NOT_FOUND',
      async (routeSlug) => {
        await refused({ routeSlug }, 'ROUTE_NOT_FOUND');
      },
    );

    test("another account's route is ROUTE_NOT_FOUND", async () => {
      const running = await server();
      const other = await newClient(running);
      await newRoute(running, other.account, 'theirs', ['--max-size', '1MB']);
      await refused({ routeSlug: 'theirs' }, 'ROUTE_NOT_FOUND');
    });

    test.each(['request', 'multipart/init'])('POST /upload/%s has the same rules', async (path) => {
      const post = (fields: Record<string, unknown>) =>
        call(client, 'POST', `/upload/${path}`, { ...example, ...fields });
      await expectError(await post({ fileSize: 4 * 1024 ** 2 + 1 }), 'FILE_TOO_LARGE');
      await expectError(await post({ contentType: 'text/plain' }), 'FILE_TYPE_NOT_ALLOWED');
      await expectError(await post({ routeSlug: 'nowhere' }), 'ROUTE_NOT_FOUND');
      await answered(post({}));
    });

    test('the plan of the account applies too', async () => {
      const running = await server();
      const free = await newClient(running, ['--plan', 'free']);
      await newRoute(running, free.account, 'huge', ['--max-size', '1GiB']);
      const huge = { ...example, routeSlug: 'huge', fileSize: 100 * 1024 ** 2 + 1 };
      await expectError(await call(free, 'POST', '/upload/request', huge), 'FILE_TOO_LARGE');
      expect(await usageOf(running, free.key)).toEqual(nothing);
    });
  });
}
