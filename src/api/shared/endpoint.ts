import type { Static, TObject, TProperties, TSchema } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { KeptSource } from './compressible.ts';
import { replyCompressible } from './compression.ts';
import { type Exchange, type KeptHeaders, keptHeaders, reply } from './exchange.ts';
import { errorResponses, type Operation, response } from './operation-parts.ts';
import { type Handler, type Methods, mountResource } from './resource.ts';

/** The status codes that the errors of an endpoint can have, beside 429, 500 and 503, which any can have. */
type ErrorStatus = Parameters<typeof errorResponses>[1];

/** A response that a handler can send. Without `body` it has none. Header names are in lower case. */
export type ResponseDefinition = { description: string; body?: TSchema; headers?: TProperties };
type Responses = Record<number, ResponseDefinition>;

type Method = keyof Methods;
const json = 'application/json';

type EndpointDefinition<Id extends string, Defined extends Responses, Params extends TObject> = {
  method: Method;
  /** The path as the router has it: `/api/v1/payloads/:hash_id`. */
  path: string;
  operationId: Id;
  summary: string;
  description?: string;
  /** The credentials that the endpoint accepts, one of them being enough (OpenAPI, "Security Requirement Object"). */
  security: readonly Record<string, never[]>[];
  params?: Params;
  query?: TObject;
  headers?: TObject;
  /** The JSON body of a request, with an example. */
  body?: { schema: TSchema; example: unknown };
  responses: Defined;
  errors: readonly ErrorStatus[];
};

declare const serialised: unique symbol;
declare const endpointOf: unique symbol;

/** A value as JSON text, or as a stream of such text. */
export type Json<Value, Form = string | ReadableStream<Uint8Array>> = Form & { readonly [serialised]: Value };

/** Says that a text, or a stream, is JSON of such a value. Only serialisers say so. */
export function asJson<Value, Form extends string | ReadableStream<Uint8Array>>(form: Form) {
  return form as Json<Value, Form>;
}

/** A response that the endpoint with this id made. */
export type Answer<Id extends string> = Response & { readonly [endpointOf]: Id };

type BodyOf<Defined extends ResponseDefinition> = Defined['body'] extends TSchema
  ? Static<Defined['body']> | Json<Static<Defined['body']>>
  : null;
type HeadersOf<Defined extends ResponseDefinition> = Defined['headers'] extends TProperties
  ? Static<TObject<Defined['headers']>>
  : Record<never, string>;

export type AnswerCheck = (
  definition: { operationId: string; responses: Responses },
  status: number,
  body: unknown,
  headers?: Record<string, unknown>,
) => void;
let check: AnswerCheck | undefined;

/** Checks every answer from now on. For tests: a check takes longer than the answer. */
export function checkAnswersWith(newCheck: AnswerCheck): void {
  check = newCheck;
}

/**
 * One operation of an API: the request that it takes and every response that it sends. The OpenAPI document and the
 * types of the handler follow from it, so that a handler cannot send what the document does not have.
 */
export class Endpoint<Id extends string, Defined extends Responses, Params extends TObject> {
  readonly definition: EndpointDefinition<Id, Defined, Params>;
  readonly operation: Operation;

  constructor(definition: EndpointDefinition<Id, Defined, Params>, operation: Operation) {
    this.definition = definition;
    this.operation = operation;
  }

  /** Answers with a body of the status's schema, or null where it has none. */
  answer<Status extends keyof Defined & number>(
    exchange: Exchange,
    status: Status,
    body: BodyOf<Defined[Status]>,
    headers: HeadersOf<Defined[Status]>,
  ): Answer<Id> {
    check?.(this.definition, status, body, headers);
    const sent: Record<string, string> = headers;
    if (body === null) return reply(exchange, status, sent, null) as Answer<Id>;
    const isJson = typeof body === 'string' || body instanceof ReadableStream;
    const text = isJson ? body : JSON.stringify(body);
    return reply(exchange, status, { 'content-type': json, ...sent }, text) as Answer<Id>;
  }

  /** Headers of a 200 that many answers share. */
  keep(headers: Partial<HeadersOf<Defined[200]>>): KeptHeaders {
    return keptHeaders({ 'content-type': json, ...headers });
  }

  /** Answers 200 with what is kept in memory, compressed if the request accepts it. @param headers Made by `keep`. */
  answerKept(
    exchange: Exchange,
    body: Json<BodyOf<Defined[200]>, string>,
    headers: KeptHeaders,
    source: KeptSource,
  ): Answer<Id> {
    check?.(this.definition, 200, body);
    return replyCompressible(exchange, headers, body, source) as Answer<Id>;
  }

  /** Says which function answers. Its result has to be made by `answer` or `answerKept`. */
  by(handler: EndpointHandler<Id, Static<Params>>): Mounted {
    const { method, path } = this.definition;
    return { method, path, handler: handler as Handler, operation: this.operation };
  }
}

type EndpointHandler<Id extends string, Params> = (
  exchange: Exchange,
  params: Params,
) => Answer<Id> | Promise<Answer<Id>>;

type Mounted = { method: Method; path: string; handler: Handler; operation: Operation };

/** Mounts endpoints, those of one path together. */
export function mountEndpoints(app: Elysia, endpoints: Mounted[]): void {
  const paths = Map.groupBy(endpoints, ({ path }) => path);
  for (const [path, ofPath] of paths) {
    const methods: Methods = {};
    for (const { method, handler, operation } of ofPath) methods[method] = { handler, operation };
    mountResource(app, path, methods);
  }
}

/** Makes the endpoints of an API, which have its tag and the shape of its errors. */
export function endpointsOf({ tag, error }: { tag: string; error: TSchema }) {
  return <Id extends string, Defined extends Responses, Params extends TObject = TObject<TProperties>>(
    definition: EndpointDefinition<Id, Defined, Params>,
  ): Endpoint<Id, Defined, Params> => new Endpoint(definition, operationOf(definition as never, tag, error));
}

function operationOf(
  definition: EndpointDefinition<string, Responses, TObject>,
  tag: string,
  error: TSchema,
): Operation {
  const { operationId, summary, description, security, params, query, headers, body } = definition;
  return {
    tags: [tag],
    security,
    operationId,
    summary,
    ...(description && { description }),
    parameters: [
      ...parametersIn('path', params),
      ...parametersIn('query', query),
      ...parametersIn('header', headers),
    ],
    ...(body && { requestBody: { required: true, content: { [json]: body } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(definition.responses).map(([status, one]) => [status, responseOf(one)]),
      ),
      ...errorResponses({ [json]: { schema: error } }, ...definition.errors),
    },
  };
}

function responseOf({ description, body, headers = {} }: ResponseDefinition): Operation {
  const described = Object.entries(headers).map(([name, { description, ...schema }]) => [
    canonicalName(name),
    { description, schema },
  ]);
  const content = body && { [json]: { schema: body } };
  return response(description, content, Object.fromEntries(described));
}

function parametersIn(place: 'path' | 'query' | 'header', fields?: TObject): Operation[] {
  return Object.entries(fields?.properties ?? {}).map(([name, { description, ...schema }]) => ({
    in: place,
    name,
    description,
    required: fields?.required?.includes(name) ?? false,
    schema,
  }));
}

/** As HTTP's documents write it: `Cache-Control`, `ETag`. */
function canonicalName(header: string): string {
  if (header === 'etag') return 'ETag';
  return header.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
