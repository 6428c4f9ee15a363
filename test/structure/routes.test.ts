import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Assets } from '../../src/api/pages/index.ts';
import { createServices, type Services } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { reservedSegments } from '../../src/config/public-url.ts';
import { createLog } from '../../src/observe/log.ts';
import { ownerOf } from '../../src/server/api-owners.ts';
import { createRouter } from '../../src/server/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let services: Services;
let routes: { method: string; path: string }[];
beforeAll(async () => {
  const config = readConfig({ DATA_DIR: temporaryDirectory('routes') });
  services = await createServices(config, createLog('silent'));
  ({ routes } = createRouter(
    services,
    new Assets(),
    () => 'http://localhost',
    () => false,
  ));
});
afterAll(() => services.close());

const ownerOfRoute = (method: string, path: string) =>
  ownerOf(path, new Request('http://localhost/', { method })).name;

test('PUBLIC_URL can have no path that begins with the first segment of a route', () => {
  const segments = routes.map(({ path }) => path.split('/')[1] ?? '');
  const fixed = segments.filter((segment) => segment !== '' && !/^[:*]/.test(segment));
  expect([...new Set(fixed)].sort()).toEqual([...reservedSegments].sort());
});

test('each route has an API that owns it', () => {
  const unowned = routes.filter(({ method, path }) => {
    const methods = method === 'ALL' ? ['GET', 'POST', 'PUT', 'DELETE'] : [method];
    return methods.some((each) => ownerOfRoute(each, path) === undefined);
  });
  expect(unowned.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(routes.length).toBeGreaterThan(70);
});

test('no API owns a path without a route', () => {
  expect(ownerOfRoute('GET', '/stats')).toBeUndefined();
  expect(ownerOfRoute('POST', '/stats/daily')).toBeUndefined();
  expect(ownerOfRoute('PUT', '/notes.txt')).toBe('payloads');
});
