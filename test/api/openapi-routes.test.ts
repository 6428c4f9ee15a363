import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';

setDefaultTimeout(60_000);

type Parameter = { $ref?: string; in: string; name: string; required?: boolean };
type Operation = { operationId: string; parameters?: Parameter[]; security?: object[] };
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { parameters: Record<string, Parameter> };
};

let server: MayflyProcess;
let operations: { method: string; template: string; operation: Operation }[];
beforeAll(async () => {
  server = await startMayfly({ env: { RATE_LIMIT: '1000000', GUEST_RATE_LIMIT: '0' } });
  const { paths, components } = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
  operations = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      operation: {
        ...operation,
        parameters: operation.parameters?.map(
          (one) => components.parameters[one.$ref?.split('/').at(-1) ?? ''] ?? one,
        ),
      },
    })),
  );
});
afterAll(() => server.stop());

/** docs/contract/buckets.md, "Routes". */
const routes = `
POST /v1/buckets
GET /v1/buckets
GET /v1/buckets/{bucket}
PATCH /v1/buckets/{bucket}
DELETE /v1/buckets/{bucket}
PUT /v1/buckets/{bucket}/objects/{key}
GET /v1/buckets/{bucket}/objects/{key}
DELETE /v1/buckets/{bucket}/objects/{key}
POST /v1/buckets/{bucket}/objects/{key}/copy
GET /v1/buckets/{bucket}/objects
POST /v1/buckets/{bucket}/objects/batch-delete
POST /v1/buckets/{bucket}/uploads
PUT /v1/buckets/{bucket}/uploads/{}/parts/{n}
POST /v1/buckets/{bucket}/uploads/{}/complete
DELETE /v1/buckets/{bucket}/uploads/{}
POST /v1/buckets/{bucket}/sign
GET /signed/{bucket}/{key}
PUT /signed/{bucket}/{key}
POST /v1/webhooks
GET /v1/webhooks
GET /v1/webhooks/{id}
PATCH /v1/webhooks/{id}
DELETE /v1/webhooks/{id}
GET /v1/webhooks/{id}/deliveries
POST /v1/webhooks/{id}/deliveries/{}/redeliver
POST /v1/keys
GET /v1/keys
DELETE /v1/keys/{id}
GET /v1/account
`;

/** The query parameters and headers of requests in docs/contract. */
const conditions = ['if-match', 'if-none-match', 'if-unmodified-since'];
const digests = ['content-md5', 'repr-digest'];
const once = 'idempotency-key';
const object = '/v1/buckets/{bucket}/objects/{key}';
const uploads = '/v1/buckets/{bucket}/uploads';
const parametersOf: Record<string, string[]> = {
  'POST /v1/buckets': [once],
  'GET /v1/buckets': ['limit', 'cursor'],
  'PATCH /v1/buckets/{bucket}': [once],
  'DELETE /v1/buckets/{bucket}': [once],
  [`PUT ${object}`]: ['x-ttl', ...conditions, ...digests, once],
  [`GET ${object}`]: ['range', 'if-range', 'if-modified-since', ...conditions],
  [`DELETE ${object}`]: [...conditions, once],
  [`POST ${object}/copy`]: ['if-match', 'if-none-match', once],
  'GET /v1/buckets/{bucket}/objects': ['prefix', 'delimiter', 'limit', 'cursor'],
  'POST /v1/buckets/{bucket}/objects/batch-delete': [once],
  [`POST ${uploads}`]: [once],
  [`PUT ${uploads}/{upload_id}/parts/{n}`]: ['key', ...digests, once],
  [`POST ${uploads}/{upload_id}/complete`]: ['if-match', 'if-none-match', once],
  [`DELETE ${uploads}/{upload_id}`]: ['key', once],
  'POST /v1/buckets/{bucket}/sign': [once],
  'GET /signed/{bucket}/{key}': ['method', 'expires', 'key_id', 'signature', 'range', 'if-none-match'],
  'PUT /signed/{bucket}/{key}': [
    'method',
    'expires',
    'key_id',
    'signature',
    'content_type',
    'max_size',
    once,
  ],
  'POST /v1/webhooks': [once],
  'GET /v1/webhooks': ['limit', 'cursor'],
  'GET /v1/webhooks/{id}/deliveries': ['limit', 'cursor'],
  'POST /v1/keys': [once],
  'GET /v1/keys': ['limit', 'cursor'],
  'DELETE /v1/keys/{id}': [once],
  'POST /api/v1/payloads': [once],
  'DELETE /api/v1/payloads/{hash_id}': ['x-delete-token', once],
  'POST /api/v1/payloads/uploads': [once],
  'POST /api/v1/payloads/uploads/{upload_id}/complete': [once],
  'DELETE /api/v1/payloads/uploads/{upload_id}': [once],
  'GET /raw/{hash_id}': ['range', 'if-none-match'],
};

describe('the document and the server', () => {
  test('have exactly the endpoints of the bucket API', () => {
    const documented = operations
      .filter(({ template }) => /^\/(?:v1|signed)\/(?!_uploads)/.test(template))
      .map(({ method, template }) => `${method} ${template.replace(/\{(?:upload|delivery)\w*\}/gi, '{}')}`);
    expect(documented.sort()).toEqual(routes.trim().split('\n').sort());
  });

  test('agree on the parameters in every path, each of which is required', () => {
    for (const { method, template, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect({
        operation: `${method} ${template}`,
        names: inPath
          .filter(({ required }) => required)
          .map(({ name }) => name)
          .sort(),
      }).toEqual({
        operation: `${method} ${template}`,
        names: [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort(),
      });
    }
  });

  test.each(Object.entries(parametersOf))('have all parameters of %s', (operation, names) => {
    const [method, template] = operation.split(' ');
    const found = operations.find((each) => each.method === method && each.template === template);
    const parameters = (found?.operation.parameters ?? []).map(({ name }) => name.toLowerCase());
    expect(names.filter((name) => !parameters.includes(name))).toEqual([]);
  });

  test('have no parameter twice', () => {
    for (const { operation } of operations) {
      const names = (operation.parameters ?? []).map((parameter) => `${parameter.in} ${parameter.name}`);
      expect({ operation: operation.operationId, names: [...new Set(names)] }).toEqual({
        operation: operation.operationId,
        names,
      });
    }
  });

  test('answer every operation, and not with an unknown path', async () => {
    const unknown: string[] = [];
    for (const { method, template, operation } of operations) {
      const path = template.replace(/\{(\w+)\}/g, (_, name: string) => examples[name] ?? 'example');
      const headers = shownTo(operation);
      const response = await fetch(server.url + path, { method, headers, redirect: 'manual' });
      const text = await response.text();
      if (response.status === 405 || (response.status === 404 && isOfRouter(text)))
        unknown.push(`${method} ${template}: ${response.status} ${text.slice(0, 100)}`);
    }
    expect(unknown).toEqual([]);
    expect(operations.length).toBeGreaterThan(50);
  });

  test('require a key for every operation that needs one in the document', async () => {
    const open: string[] = [];
    let locked = 0;
    for (const { method, template, operation } of operations) {
      const schemes = (operation.security ?? []).flatMap((each) => Object.keys(each));
      const needsKey =
        operation.security?.every((each) => Object.keys(each).length > 0) && schemes.length > 0;
      if (!needsKey || schemes.includes('metricsToken')) continue;
      locked += 1;
      const path = template.replace(/\{(\w+)\}/g, (_, name: string) => examples[name] ?? 'example');
      const response = await fetch(server.url + path, { method, headers: shownTo(operation) });
      await response.text();
      if (response.status !== 401) open.push(`${method} ${template}: ${response.status}`);
    }
    expect(open).toEqual([]);
    expect(locked).toBeGreaterThan(25);
  });
});

/** Values of things that do not exist, which reach the handler. */
const examples: Record<string, string> = {
  hash_id: '00000000000000000000000000000000',
  bucket: 'no-such-bucket',
  n: '1',
  code: 'forbidden',
};

/**
 * A path that UploadKit shares with PutPut is UploadKit's if the request has something like its key
 * (docs/contract/shared.md, "Paths and their owners").
 */
function shownTo({ security = [] }: Operation): Record<string, string> {
  const schemes = security.flatMap((each) => Object.keys(each));
  const isItsAlone = schemes.includes('uploadkitKey') && !schemes.includes('putputToken');
  return isItsAlone ? { 'x-api-key': 'uk_live_wrong' } : {};
}

/**
 * The errors of the APIs for an unknown path (docs/contract/shared.md, "Errors"), in contrast to a thing that does
 * not exist.
 */
function isOfRouter(text: string): boolean {
  return /^\{"error":"Not found"\}$|"code":"(?:not_found|NOT_FOUND)"/.test(text);
}
