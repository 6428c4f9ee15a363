import { afterAll, beforeAll, describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Elysia } from 'elysia';
import { ttlRule } from '../../src/api/shared/endpoints/core-rules.ts';
import { createServices } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observe/log.ts';
import { createServer } from '../../src/server/index.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { create, post, read, unknownId, upload } from './payloads/server.ts';
import { abort, begin, postBegin, postComplete, putAll } from './payloads/upload-client.ts';

setDefaultTimeout(60_000);

type Documented = { $ref?: string; content?: Record<string, unknown>; headers?: Record<string, unknown> };
type Operation = { operationId: string; responses: Record<string, Documented>; security?: unknown };
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; responses: Record<string, Documented> };
};

let server: MayflyProcess;
let document: Document;
beforeAll(async () => {
  server = await startMayfly({ env: { RATE_LIMIT: '1000000' } });
  document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
});
afterAll(() => server.stop());

/** The response itself, if the document refers to a shared one. */
function resolved(response: Documented | undefined): Documented | undefined {
  const name = response?.$ref?.split('/').at(-1);
  return name === undefined ? response : document.components.responses[name];
}

/** Converts a path of Elysia to OpenAPI's notation. */
const templateOf = (route: string) => route.replace(/:([A-Za-z_]+)/g, '{$1}').replace('*', '{key}');

describe('/openapi.json', () => {
  test('is OpenAPI 3.1 in JSON', async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  });

  test('is under 200 KB, because operations share named schemas and responses', () => {
    expect(JSON.stringify(document).length).toBeLessThan(200_000);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Payload', 'CreatedPayload', 'PayloadError', 'Bucket', 'Object', 'PutputFile']),
    );
    expect(Object.keys(document.components.responses)).toEqual(
      expect.arrayContaining(['PayloadError404', 'BucketError404', 'PutputError404', 'UploadkitError404']),
    );
  });

  test('names its components after what they are, so that a new operation changes no other name', () => {
    const { components } = document;
    const names = Object.values(components).flatMap((ofKind) => Object.keys(ofKind));
    expect(names.filter((name) => /_\d+$/.test(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['path.bucket', 'FileError401', 'ServerError405']));
  });

  test('passes the linter: its recommended rules, and examples that fit their schemas', () => {
    const folder = temporaryDirectory('openapi');
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const configuration = join(folder, 'redocly.yaml');
    const strict = ['media-type', 'parameter', 'schema'].map(
      (what) => `  no-invalid-${what}-examples: error`,
    );
    writeFileSync(
      configuration,
      ['extends: [recommended]', 'telemetry: off', 'rules:', ...strict, ''].join('\n'),
    );
    const linter = join(checkout, 'node_modules/@redocly/cli/bin/cli.js');
    const run = spawnSync(
      process.execPath,
      [linter, 'lint', file, '--config', configuration, '--format', 'json'],
      {
        cwd: folder,
        encoding: 'utf8',
        timeout: 50_000,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          REDOCLY_TELEMETRY: 'off',
          REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
        },
      },
    );
    const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{'))) as {
      totals: { errors: number; warnings: number };
      problems: { ruleId: string; message: string; severity: string }[];
    };
    const errors = report.problems.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
    expect({ code: run.status, errors: report.totals.errors }).toEqual({ code: 0, errors: 0 });
  });

  test('the linter reports real errors', () => {
    const folder = temporaryDirectory('openapi');
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify({ ...document, paths: { '/x/{y}': { get: { responses: {} } } } }));
    const linter = join(checkout, 'node_modules/@redocly/cli/bin/cli.js');
    const env = { PATH: process.env.PATH, HOME: folder, REDOCLY_TELEMETRY: 'off' };
    const run = spawnSync(process.execPath, [linter, 'lint', file], { cwd: folder, env, timeout: 50_000 });
    expect(run.status).toBe(1);
  });

  test('has every route that the server mounts', async () => {
    const compile = spyOn(Elysia.prototype, 'compile');
    const services = await createServices(
      readConfig({ DATA_DIR: temporaryDirectory('openapi') }),
      createLog('silent'),
    );
    type Route = {
      method: string;
      path: string;
      hooks?: { detail?: { hide?: boolean; 'x-refused'?: boolean; 'x-path-suffix'?: string } };
    };
    let routes: Route[];
    try {
      createServer(services, () => 'http://localhost');
      routes = compile.mock.contexts.flatMap((app) => (app as unknown as Elysia).routes);
    } finally {
      compile.mockRestore();
      await services.close();
    }
    // Pages, their files and redirects are not part of an API, and neither are the routes for 405.
    const isHidden = ({ hooks }: Route) => hooks?.detail?.hide === true;
    const hidden = routes.filter((route) => isHidden(route) && !route.hooks?.detail?.['x-refused']);
    expect(hidden.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /account',
      'GET /assets/:name',
      'GET /assets/:name/:file',
      'GET /favicon.ico',
      'GET /pastes',
      'GET /swagger',
    ]);
    // The handler parses the path after a key.
    const mounted = routes
      .filter((route) => !isHidden(route))
      .map(
        ({ method, path, hooks }) => `${method} ${templateOf(path)}${hooks?.detail?.['x-path-suffix'] ?? ''}`,
      );
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(mounted).toContain('POST /api/v1/payloads');
    expect(documented.sort()).toEqual([...new Set(mounted)].sort());
  });

  test('has a unique operation id, security and a 4xx response for each operation', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operationId, security, responses } of operations) {
      expect({ operationId, security }).toEqual({ operationId, security: expect.anything() });
      expect({ operationId, codes: Object.keys(responses) }).toEqual({
        operationId,
        codes: expect.arrayContaining([expect.stringMatching(/^4/)]),
      });
    }
  });
});

describe('responses are as documented', () => {
  const json = { 'Content-Type': 'application/json' };
  type Sample = [method: string, template: string, status: number, ask: () => Promise<Response>];
  const url = (path: string) => server.url + path;
  const created = async (fields = {}) => (await create(server, fields)).hash_id;
  const keyed = async (content: string) =>
    post(server, { content, mime_type: 'text/plain' }, { 'Idempotency-Key': 'documented' });

  const uploads = '/api/v1/payloads/uploads';
  const part = { number: 1, etag: 'x' };
  const completed = async () => {
    const begun = await begin(server, 1);
    return postComplete(server, begun.upload_id, await putAll(begun, Buffer.from('x')));
  };

  const samples: Sample[] = [
    ['post', '/api/v1/payloads', 201, () => post(server, { content: 'x', mime_type: 'text/plain' })],
    ['post', '/api/v1/payloads', 400, () => post(server, '{')],
    ['post', '/api/v1/payloads', 409, async () => keyed('a').then(() => keyed('b'))],
    ['post', '/api/v1/payloads', 413, () => post(server, ' '.repeat(21 * 1024 * 1024))],
    ['get', '/api/v1/payloads/{hash_id}', 200, async () => read(server, await created())],
    [
      'get',
      '/api/v1/payloads/{hash_id}',
      304,
      async () => read(server, await created(), { 'If-None-Match': '*' }),
    ],
    ['get', '/api/v1/payloads/{hash_id}', 404, () => read(server, unknownId)],
    [
      'get',
      '/api/v1/payloads/{hash_id}',
      413,
      async () => read(server, await upload(server, new Uint8Array(10 * 1024 * 1024 + 1))),
    ],
    ['delete', '/api/v1/payloads/{hash_id}', 204, async () => remove(await created())],
    ['delete', '/api/v1/payloads/{hash_id}', 403, async () => remove(await created({ delete_token: true }))],
    ['delete', '/api/v1/payloads/{hash_id}', 404, () => remove(unknownId)],
    ['delete', '/api/v1/payloads/{hash_id}', 400, () => remove(unknownId, { 'Idempotency-Key': '' })],
    ['post', uploads, 201, () => postBegin(server, { size: 1, mime_type: 'text/plain' })],
    ['post', uploads, 400, () => postBegin(server, '{')],
    ['post', uploads, 413, () => postBegin(server, { size: 1024 ** 4, mime_type: 'text/plain' })],
    ['post', `${uploads}/{upload_id}/complete`, 201, async () => completed()],
    ['post', `${uploads}/{upload_id}/complete`, 400, () => postComplete(server, 'upload_x', [])],
    ['post', `${uploads}/{upload_id}/complete`, 404, () => postComplete(server, 'upload_x', [part])],
    ['delete', `${uploads}/{upload_id}`, 204, async () => abort(server, (await begin(server, 1)).upload_id)],
    ['delete', `${uploads}/{upload_id}`, 404, () => abort(server, 'upload_x')],
    ['get', '/raw/{hash_id}', 200, async () => fetch(url(`/raw/${await created()}`))],
    ['get', '/raw/{hash_id}', 206, async () => raw(await created(), { Range: 'bytes=0-1' })],
    ['get', '/raw/{hash_id}', 304, async () => raw(await created(), { 'If-None-Match': '*' })],
    ['get', '/raw/{hash_id}', 412, async () => raw(await created(), { 'If-Match': '"x"' })],
    ['get', '/raw/{hash_id}', 416, async () => raw(await created(), { Range: 'bytes=99-' })],
    ['get', '/raw/{hash_id}', 404, () => raw(unknownId)],
    [
      'get',
      '/p/{hash_id}',
      200,
      async () => fetch(url(`/p/${await created()}`), { headers: { Accept: 'text/html' } }),
    ],
    ['get', '/p/{hash_id}', 404, () => fetch(url(`/p/${unknownId}`))],
    ['get', '/p/{hash_id}', 404, () => fetch(url(`/p/${unknownId}`), { headers: { Accept: 'text/html' } })],
    ['get', '/', 200, () => fetch(url('/'))],
    ['put', '/', 201, () => fetch(url('/'), { method: 'PUT', body: 'x' })],
    ['put', '/', 400, () => fetch(url('/?ttl=never'), { method: 'PUT', body: 'x' })],
    ['put', '/{name}', 201, () => fetch(url('/a.txt'), { method: 'PUT', body: 'x' })],
    [
      'put',
      '/{name}',
      201,
      () => fetch(url('/a.txt'), { method: 'PUT', body: 'x', headers: { Accept: 'application/json' } }),
    ],
    ['put', '/{name}', 400, () => fetch(url('/a%00'), { method: 'PUT', body: 'x' })],
    ['post', '/', 201, () => fetch(url('/'), { method: 'POST', body: '{}', headers: json })],
    ['post', '/', 400, () => fetch(url('/'), { method: 'POST', body: new FormData() })],
    ['get', '/healthz', 200, () => fetch(url('/healthz'))],
    ['get', '/readyz', 200, () => fetch(url('/readyz'))],
    ['get', '/metrics', 200, () => fetch(url('/metrics'))],
    ['get', '/metrics', 403, () => fetch(url('/metrics'), { headers: { 'X-Forwarded-For': '192.0.2.1' } })],
    ['get', '/openapi.json', 200, () => fetch(url('/openapi.json'))],
    ['get', '/swagger/json', 200, () => fetch(url('/swagger/json'))],
    ['get', '/docs', 200, () => fetch(url('/docs'))],
  ];
  const raw = (id: string, headers = {}) => fetch(url(`/raw/${id}`), { headers });
  const remove = (id: string, headers = {}) =>
    fetch(url(`/api/v1/payloads/${id}`), { method: 'DELETE', headers });

  test.each(['1', '90', '007d', '10m', '0', '00', '0h', '-1', '1.5', '1w', ''])(
    'says whether a TTL of "%s" is accepted',
    async (ttl) => {
      const { pattern, maxLength } = ttlRule;
      const fits = new RegExp(pattern).test(ttl) && ttl.length <= maxLength;
      const response = await fetch(url('/'), { method: 'PUT', body: 'x', headers: { 'X-TTL': ttl } });
      expect(response.status).toBe(fits ? 201 : 400);
    },
  );

  test.each(samples)('%s %s: %d', async (method, template, status, ask) => {
    const response = await ask();
    expect(response.status).toBe(status);
    const responses = document.paths[template]?.[method]?.responses ?? {};
    const documented = responses[String(status)] ?? responses[`${Math.floor(status / 100)}XX`];
    expect(Object.keys(responses)).toContain(documented === responses[status] ? String(status) : '4XX');
    const types = Object.keys(resolved(documented)?.content ?? {});
    const body = await response.text();
    if (body === '') return;
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    // A documented octet-stream means bytes of any type.
    const fitting = [type, '*/*', 'application/octet-stream'];
    expect(types.some((each) => fitting.includes(each)) ? [] : { documented: types, type }).toEqual([]);
  });
});
