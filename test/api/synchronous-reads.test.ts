import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Assets, createPages } from '../../src/api/pages/index.ts';
import { createServices } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observe/log.ts';
import { openRequest } from '../../src/server/open-request.ts';
import { createRouter } from '../../src/server/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const origin = 'http://localhost';
const assets = new Assets();
const site = { publicUrl: origin, basePath: '', pages: createPages(assets, undefined) };

let services: Awaited<ReturnType<typeof createServices>>;
let app: ReturnType<typeof createRouter>;
beforeAll(async () => {
  const config = readConfig({ DATA_DIR: temporaryDirectory('synchronous-reads') });
  services = await createServices(config, createLog('silent'));
  app = createRouter(
    services,
    assets,
    () => origin,
    () => false,
  );
  app.compile();
});
afterAll(() => services.close());

const hooks = {
  suspendIdleLimit: () => undefined,
  resumeIdleLimit: () => undefined,
  beforeParsing: () => undefined,
};

type Handler = (context: object) => Response | Promise<Response>;

/** Calls the handler of a route, and returns what it returns: a response, or a promise of one. */
function get(route: string, params: Record<string, string>): Response | Promise<Response> {
  const { handler } = app.routes.find(({ method, path }) => method === 'GET' && path === route) ?? {};
  const path = route.replace(/:(\w+)|\*/g, (name, inner = name) => params[inner] ?? '');
  const { exchange } = openRequest(new Request(origin + path), '127.0.0.1', hooks, services, site);
  return (handler as Handler)({ request: exchange.request, route, params });
}

/** Expects a GET to be answered without a promise once the content was read before. */
async function expectSynchronous(route: string, params: Record<string, string>, text: RegExp) {
  await get(route, params);
  const response = get(route, params);
  expect(response).toBeInstanceOf(Response);
  expect((response as Response).status).toBe(200);
  expect(await (response as Response).text()).toMatch(text);
}

describe('a cached read is answered without a promise', () => {
  test.each(['/api/v1/payloads/:hash_id', '/raw/:hash_id'])('of a payload at %s', async (route) => {
    const { id } = await services.payloads.create({ mediaType: 'text/plain' }, 'Hello, World!');
    await expectSynchronous(route, { hash_id: id }, /Hello, World!/);
  });

  test('of an object of a public bucket', async () => {
    await services.accounts.createKey('storage', 'acme');
    const account = await services.accounts.named('acme');
    await services.buckets.create(account, 'public-bucket', { isPublic: true });
    const request = {
      ...{ key: 'key', mediaType: 'text/plain', contentEncoding: null, metadata: {} },
      ...{ conditions: {}, checksums: {} },
    };
    async function* chunks() {
      yield Buffer.from('Hello, World!');
    }
    await services.bucketObjects.put(account, 'public-bucket', request, {
      declaredSize: 13,
      chunks: chunks(),
    });
    await expectSynchronous(
      '/v1/buckets/:bucket/objects/*',
      { bucket: 'public-bucket', '*': 'key' },
      /Hello, World!/,
    );
  });
});

describe('an error is the same with a promise and without one', () => {
  test.each([
    ['an unknown id', '0'.repeat(32)],
    ['an id that no payload can have', 'unknown'],
  ])('of %s', async (_, id) => {
    const response = await get('/api/v1/payloads/:hash_id', { hash_id: id });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: expect.any(String) });
  });

  test('of a store that fails at once, or later', async () => {
    const { payloads } = services.stores;
    const { find } = payloads;
    const id = '1'.repeat(32);
    const failures = [
      () => {
        throw new Error('the database is away');
      },
      () => Promise.reject(new Error('the database is away')),
    ];
    try {
      const answers = failures.map(async (failing) => {
        payloads.find = failing;
        const response = await get('/api/v1/payloads/:hash_id', { hash_id: id });
        return [response.status, await response.json()];
      });
      const [now, later] = await Promise.all(answers);
      expect(now?.[0]).toBe(500);
      expect(later).toEqual(now);
    } finally {
      payloads.find = find;
    }
  });
});
