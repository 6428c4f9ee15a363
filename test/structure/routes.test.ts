import { beforeAll, expect, test } from 'bun:test';
import { Assets, createPages } from '../../src/api/pages/index.ts';
import type { Exchange } from '../../src/api/shared/exchange.ts';
import { createServices } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { reservedSegments } from '../../src/config/public-url.ts';
import { createLog } from '../../src/observe/log.ts';
import { ownerOf } from '../../src/server/api-owners.ts';
import { createRouter } from '../../src/server/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Schema = { properties?: Record<string, Schema>; anyOf?: Schema[] };
type Documented = { content?: Record<string, { schema: Schema }> };
type Detail = { hide?: boolean; tags?: string[]; responses?: Record<string, Documented> };
type Route = { method: string; path: string; hooks?: { detail?: Detail } };

/** The owner of the routes with each tag (docs/contract/shared.md, "Paths and their owners"). */
const owners: Record<string, string[]> = {
  payloads: ['payloads'],
  // The routes of the server itself have errors in the shape of the payload API.
  server: ['payloads'],
  putput: ['putput'],
  uploadkit: ['uploadkit'],
  // Public files are PutPut's; presigned URLs are like the signed URLs of buckets.
  files: ['putput', 'buckets'],
  ...Object.fromEntries(
    ['buckets', 'objects', 'multipart', 'signed URLs', 'webhooks', 'keys', 'account'].map((tag) => [
      tag,
      ['buckets'],
    ]),
  ),
};

/** The first segments of the paths of payloads, of pages, and of the server itself. */
const payloadSegments: ReadonlySet<string> = new Set([
  ...[
    '',
    'account',
    'api',
    'assets',
    'docs',
    'favicon.ico',
    'healthz',
    'llms.txt',
    'metrics',
    'openapi.json',
  ],
  ...['p', 'pastes', 'raw', 'readyz', 'robots.txt', 'sharex.sxcu', 'swagger'],
]);

const pages = createPages(new Assets(), undefined);

/** The names of the fields of an error, with those of an object in it: `error.code,error.message`. */
function namesOf<Field>(fields: Record<string, Field>, inner: (field: Field) => object | undefined): string {
  const names = Object.entries(fields).flatMap(([name, field]) => {
    const within = inner(field);
    return within === undefined ? [name] : Object.keys(within).map((one) => `${name}.${one}`);
  });
  return names.sort().join();
}

/** What is wrong with the owner of a route; empty if its API owns it, and answers its errors as documented. */
async function faultOf({ method, path, hooks }: Route): Promise<string> {
  const { tags: [tag = ''] = [], responses = {} } = hooks?.detail ?? {};
  const headers: Record<string, string> = tag === 'uploadkit' ? { 'x-api-key': 'uk_live_x' } : {};
  const concrete = path.replace(/:\w+|\*/g, 'x');
  const request = new Request(`http://localhost${concrete}`, { method, headers });
  const { name, errors } = ownerOf(concrete, request);
  const route = `${method} ${path}`;
  if (!owners[tag]?.includes(name)) return `${route} belongs to ${tag}, but its owner is ${name}`;
  const exchange = { request, headers: {}, pages, path: concrete, requestId: 'x', publicUrl: 'http://x' };
  const answer = errors.failure(exchange as unknown as Exchange, new Error('a fault'));
  const content = responses[500]?.content ?? {};
  const [type = ''] = answer.headers.get('content-type')?.split(';') ?? [];
  if (!(type in content)) return `${route} does not document errors as ${type}`;
  if (type === 'text/html') return '';
  const names = namesOf((await answer.json()) as Record<string, unknown>, (field) =>
    typeof field === 'object' && field !== null ? field : undefined,
  );
  const schema = content[type]?.schema ?? {};
  const shapes = (schema.anyOf ?? [schema]).map(({ properties = {} }) =>
    namesOf(properties, (field) => field.properties),
  );
  return shapes.includes(names) ? '' : `${route} answers ${names}, but documents ${shapes.join(' or ')}`;
}

/** Whether an API owns the route. Payloads own the rest, so their routes are listed. */
function isOwned(method: string, path: string): boolean {
  const { name } = ownerOf(path, new Request('http://localhost/', { method }));
  const [, first = '', ...others] = path.split('/');
  // A PUT to any name at the root is an upload.
  const isShellUpload = method === 'PUT' && others.length === 0;
  return name !== 'payloads' || payloadSegments.has(first) || isShellUpload;
}

let routes: Route[];
beforeAll(async () => {
  const services = await createServices(
    readConfig({ DATA_DIR: temporaryDirectory('routes') }),
    createLog('silent'),
  );
  try {
    const app = createRouter(
      services,
      new Assets(),
      () => 'http://localhost',
      () => false,
    );
    routes = app.routes as unknown as Route[];
  } finally {
    await services.close();
  }
});

test('each route is owned by its API, which answers errors in the documented shape', async () => {
  const documented = routes.filter(({ hooks }) => hooks?.detail?.hide !== true);
  expect(documented.length).toBeGreaterThan(70);
  const faults = await Promise.all(documented.map(faultOf));
  expect(faults.filter((fault) => fault !== '')).toEqual([]);
});

test('each route has an API that owns it', () => {
  const unowned = routes.filter(({ method, path }) => {
    const methods = method === 'ALL' ? ['GET', 'POST', 'PUT', 'DELETE'] : [method];
    return !methods.every((each) => isOwned(each, path));
  });
  expect(unowned.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(isOwned('GET', '/stats')).toBe(false);
});

test('a path without a route is answered like those of payloads', () => {
  for (const [method, path] of [
    ['GET', '/stats'],
    ['POST', '/stats/daily'],
    ['PUT', '/notes.txt'],
  ] as const)
    expect(ownerOf(path, new Request('http://localhost/', { method })).name).toBe('payloads');
});

test('PUBLIC_URL can have no path that begins with the first segment of a route', () => {
  const segments = routes.map(({ path }) => path.split('/')[1] ?? '');
  const fixed = segments.filter((segment) => segment !== '' && !/^[:*]/.test(segment));
  expect([...new Set(fixed)].sort()).toEqual([...reservedSegments].sort());
});
