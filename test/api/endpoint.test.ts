import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { endpointsOf } from '../../src/api/shared/endpoints/endpoint.ts';
import { idempotency } from '../../src/api/shared/endpoints/idempotency-key.ts';
import { serverEndpoint } from '../../src/api/shared/endpoints/server-endpoints.ts';
import type { Exchange } from '../../src/api/shared/exchange.ts';

const Thing = Type.Object({ id: Type.String(), size: Type.Optional(Type.Integer()) }, { $id: 'Thing' });
const endpoint = endpointsOf({ tag: 'things', error: Type.Object({ error: Type.String() }) });
const readThing = endpoint({
  method: 'GET',
  path: '/things/:id',
  operationId: 'readThing',
  summary: 'Read a thing',
  security: [],
  params: Type.Object({ id: Type.String({ description: 'The id.' }) }),
  query: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1 })) }),
  responses: {
    200: {
      description: 'The thing.',
      body: Thing,
      headers: { etag: Type.String({ description: 'A tag.' }) },
    },
    304: { description: 'Not modified.' },
  },
  errors: [404],
});
const otherThing = endpoint({ ...readThing.definition, operationId: 'otherThing' });
const statusesOf = ({ operation }: typeof readThing) => Object.keys(operation.responses as object);
const exchange = { headOnly: false, headers: { 'X-Request-Id': '1' } } as unknown as Exchange;

describe('an endpoint', () => {
  test('answers with JSON of its schema and the headers that it defines', async () => {
    const answer = readThing.answer(exchange, 200, { id: 'a' }, { etag: '"x"' });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'application/json',
      etag: '"x"',
      'x-content-type-options': 'nosniff',
      'x-request-id': '1',
    });
    expect(await answer.json()).toEqual({ id: 'a' });
  });

  test('answers without a body if it defines none', async () => {
    const answer = readThing.answer(exchange, 304, null, {});
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([304, null, '']);
  });

  test('has its parameters, responses and errors in the document', () => {
    expect(readThing.operation).toMatchObject({
      tags: ['things'],
      operationId: 'readThing',
      parameters: [
        { in: 'path', name: 'id', required: true, description: 'The id.', schema: { type: 'string' } },
        { in: 'query', name: 'limit', required: false, schema: { type: 'integer', minimum: 1 } },
      ],
      responses: {
        200: {
          headers: { ETag: { description: 'A tag.' }, 'X-Request-Id': {} },
          content: { 'application/json': { schema: { $id: 'Thing' } } },
        },
        304: { description: 'Not modified.' },
        404: {},
        429: { headers: { 'Retry-After': {} } },
        500: {},
        503: {},
      },
    });
    expect(statusesOf(readThing)).toEqual(['200', '304', '403', '404', '429', '500', '503']);
  });

  test('has the errors that follow from its credential, its body and its Idempotency-Key', () => {
    const { definition } = readThing;
    const secured = endpoint({ ...definition, security: [{ key: [] }] });
    expect(statusesOf(secured)).toEqual([...statusesOf(readThing), '401'].sort());
    const withBody = endpoint({ ...definition, body: { schema: Thing } });
    expect(statusesOf(withBody)).toEqual([...statusesOf(readThing), '400', '408', '415'].sort());
    const repeatable = endpoint({ ...definition, headers: idempotency.requestHeaders });
    expect(statusesOf(repeatable)).toEqual([...statusesOf(readThing), '400', '409', '507'].sort());
    const ofServer = serverEndpoint(definition);
    expect(statusesOf(ofServer)).toEqual(['200', '304', '404', '500']);
  });

  test('can describe another meaning of an error', () => {
    const described = endpoint({
      ...readThing.definition,
      errors: [404, 409],
      errorDescriptions: { 404: 'It is archived.', 409: 'The name is in use.' },
    });
    expect(described.operation.responses).toMatchObject({
      404: { description: 'It is archived.' },
      409: { description: expect.stringMatching(/^The name is in use. Or the Idempotency-Key was used/) },
      503: { description: 'A store is unavailable, or the server is busy.' },
    });
  });

  test('cannot answer anything else: the compiler rejects it', () => {
    const wrong = [
      // @ts-expect-error: the status is not defined.
      () => readThing.answer(exchange, 201, { id: 'a' }, { etag: '' }),
      // @ts-expect-error: a field is missing.
      () => readThing.answer(exchange, 200, { size: 1 }, { etag: '' }),
      // @ts-expect-error: a field is of another type.
      () => readThing.answer(exchange, 200, { id: 1 }, { etag: '' }),
      // @ts-expect-error: a field is not defined.
      () => readThing.answer(exchange, 200, { id: 'a', name: 'b' }, { etag: '' }),
      // @ts-expect-error: a header is missing.
      () => readThing.answer(exchange, 200, { id: 'a' }, {}),
      // @ts-expect-error: a header is not defined.
      () => readThing.answer(exchange, 200, { id: 'a' }, { etag: '', location: '' }),
      // @ts-expect-error: the status has no body.
      () => readThing.answer(exchange, 304, { id: 'a' }, {}),
      // @ts-expect-error: a text is not known to be JSON of the schema.
      () => readThing.answer(exchange, 200, '{}', { etag: '' }),
      // @ts-expect-error: a response that no endpoint made.
      () => readThing.by(() => new Response()),
      // @ts-expect-error: a response of another endpoint.
      () => readThing.by(() => otherThing.answer(exchange, 304, null, {})),
      // @ts-expect-error: a parameter that the path does not have.
      () => readThing.by((_, { name }) => readThing.answer(exchange, 200, { id: name }, { etag: '' })),
    ];
    expect(wrong).toHaveLength(11);
  });
});
