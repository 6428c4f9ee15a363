import { beforeEach, describe, expect, test } from 'bun:test';
import { FileRoutes, requireAdmitted } from '../../src/core/files/file-routes.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { FileRoute } from '../../src/core/ports/files/file-route-store.ts';
import { GuardedOutbound } from '../../src/stores/outbound/guarded-outbound.ts';
import { failureOf } from './failure-of.ts';
import { type FileCore, openFileCore } from './file-core.ts';

const images = { maxSize: 4_000_000, types: ['image/*'] };

let core: FileCore;
let account: StoredAccount;
beforeEach(async () => {
  core = await openFileCore();
  account = await core.account();
});

describe('a file route', () => {
  test('is found by its account and name, as it was created', async () => {
    const webhookUrl = 'https://example.com/hook';
    const route = await core.fileRoutes.create(account, 'imageUploader', { ...images, webhookUrl });
    expect(route).toMatchObject({ ...images, accountId: account.id, slug: 'imageUploader' });
    expect(route.webhook).toEqual({ id: expect.any(String), url: webhookUrl });
    expect(await core.fileRoutes.find(account, 'imageUploader')).toMatchObject(route);
    expect(await core.fileRoutes.list()).toMatchObject([{ ...route, accountName: 'acme' }]);
    const other = await core.guest();
    for (const [of, slug] of [
      [other, 'imageUploader'],
      [account, 'imageuploader'],
      [account, ''],
    ] as const)
      expect((await failureOf(() => core.fileRoutes.find(of, slug))).code).toBe('route_not_found');
  });

  test('has a unique name, and is removed once', async () => {
    await core.fileRoutes.create(account, 'r', images);
    const again = () => core.fileRoutes.create(account, 'r', images);
    expect(await failureOf(again)).toMatchObject({ code: 'invalid', field: 'slug' });
    await core.fileRoutes.remove(account, 'r');
    expect((await failureOf(() => core.fileRoutes.remove(account, 'r'))).code).toBe('route_not_found');
    expect((await again()).webhook).toBeNull();
  });

  test.each(['', 'a b', 'a/b', 'ä', 'x'.repeat(101), 'a\n'])('cannot be named %j', async (slug) => {
    const failure = await failureOf(() => core.fileRoutes.create(account, slug, images));
    expect(failure).toMatchObject({ code: 'invalid', field: 'slug' });
  });

  test.each(['', 'image', 'image/', '/png', '*', '*/png', 'image/png; a=b', 'image/**', 'image/p*'])(
    'cannot allow the type %j',
    async (type) => {
      const options = { ...images, types: ['image/png', type] };
      const failure = await failureOf(() => core.fileRoutes.create(account, 'r', options));
      expect(failure).toMatchObject({ code: 'invalid', field: 'types' });
      expect(await core.fileRoutes.list()).toEqual([]);
    },
  );

  test.each([
    '',
    'example.com',
    'ftp://example.com',
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://a:b@example.com/',
  ])('cannot have the webhook %j if private addresses are not allowed', async (webhookUrl) => {
    const outbound = new GuardedOutbound({ allowPrivate: false }, async () => []);
    const routes = new FileRoutes(core.stores.fileRoutes, outbound, core.time.clock);
    const failure = await failureOf(() => routes.create(account, 'r', { ...images, webhookUrl }));
    expect(failure).toMatchObject({ code: 'invalid', field: 'webhook' });
  });

  test('cannot have a webhook whose name resolves to a private address', async () => {
    const outbound = new GuardedOutbound({ allowPrivate: false }, async () => ['10.0.0.1']);
    const routes = new FileRoutes(core.stores.fileRoutes, outbound, core.time.clock);
    const webhookUrl = 'http://internal.example/';
    const failure = await failureOf(() => routes.create(account, 'r', { ...images, webhookUrl }));
    expect(failure).toMatchObject({ code: 'invalid', field: 'webhook' });
  });
});

describe('a file', () => {
  const route = (given: Partial<FileRoute> = {}): FileRoute => {
    return { accountId: 'a', slug: 'imageUploader', ...images, webhook: null, createdAt: 0, ...given };
  };
  const refusal = (of: FileRoute, mediaType: string, size: number) =>
    failureOf(() => requireAdmitted(of, { mediaType, size }));

  test('over the size is rejected with the message of docs/contract/uploadkit.md, "File routes", from the first byte over', async () => {
    const maxSize = 4 * 1024 ** 2;
    requireAdmitted(route({ maxSize }), { mediaType: 'image/png', size: maxSize });
    const failure = await refusal(route({ maxSize }), 'image/png', maxSize + 1);
    expect(failure.code).toBe('too_large');
    expect(failure.message).toBe('File size exceeds the 4 MB limit for route imageUploader');
  });

  test.each([
    [16 * 1024 ** 2, '16 MB'],
    [1.5 * 1024 ** 2, '1.5 MB'],
    [4_000_000, '3.81 MB'],
    [500 * 1024, '500 KB'],
    [5 * 1024 ** 3, '5 GB'],
    [1023, '1023 bytes'],
    [0, '0 bytes'],
  ])('over %d bytes is rejected with the limit %s', async (maxSize, limitText) => {
    const failure = await refusal(route({ maxSize }), 'image/png', maxSize + 1);
    expect(failure.message).toBe(`File size exceeds the ${limitText} limit for route imageUploader`);
  });

  test.each([
    ['image/*', 'image/png'],
    ['image/*', 'IMAGE/PNG; a=b'],
    ['application/pdf', 'application/pdf'],
    ['*/*', 'whatever/else'],
    ['application/vnd.api+json', 'application/vnd.api+json'],
  ])('of a route for %s may be %s', (type, mediaType) => {
    expect(requireAdmitted(route({ types: [type] }), { mediaType, size: 1 })).toBeUndefined();
    expect(requireAdmitted(route({ types: ['text/plain', type] }), { mediaType, size: 1 })).toBeUndefined();
    expect(requireAdmitted(route({ types: [] }), { mediaType, size: 1 })).toBeUndefined();
  });

  test.each([
    ['image/*', 'imagery/png'],
    ['image/*', 'text/plain'],
    ['image/png', 'image/pngx'],
  ])('of a route for %s may not be %j', async (type, mediaType) => {
    expect((await refusal(route({ types: [type] }), mediaType, 1)).code).toBe('type_refused');
  });

  test('of another type is rejected with the route’s name, and not with its own type', async () => {
    const failure = await refusal(route(), 'application/pdf', 1);
    expect(failure.message).toBe('This file type is not allowed for route imageUploader');
  });
});
