import type { Static, TObject, TProperties, TSchema } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { KeyKind, StoredAccount, StoredKey } from '../../../core/ports/accounts/account-store.ts';
import type { MaybePromise } from '../../../core/ports/maybe-promise.ts';
import type { KeptSource } from '../answers/compressible.ts';
import { replyCompressible } from '../answers/compression.ts';
import { requireCredential } from '../credential.ts';
import { type Exchange, type KeptHeaders, keptHeaders, reply } from '../exchange.ts';
import { answerCheck } from './answer-check.ts';
import {
  type ApiDefinition,
  type EndpointDefinition,
  type Method,
  operationOf,
  type ResponseDefinition,
  type Responses,
} from './endpoint-definition.ts';
import type { Operation } from './openapi.ts';
import { type Handler, type Methods, mountResource } from './resource.ts';

const json = 'application/json';

declare const serialised: unique symbol;
declare const endpointOf: unique symbol;

/** A value as JSON text, or as a stream of such text. */
export type Json<Value, Form = string | ReadableStream<Uint8Array>> = Form & { readonly [serialised]: Value };

/** Declares that a text or a stream is JSON of such a value. Only serialisers call it. */
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

/**
 * One operation of an API: the request that it accepts, and every response that it sends. The OpenAPI document and the
 * types of the handler follow from it, so a handler cannot send a response that the document does not have.
 */
export class Endpoint<Id extends string, Defined extends Responses, Params extends TObject> {
  readonly definition: EndpointDefinition<Id, Defined, Params>;
  readonly operation: Operation;
  readonly #keyKind: KeyKind | undefined;

  constructor(definition: EndpointDefinition<Id, Defined, Params>, api: ApiDefinition) {
    this.definition = definition;
    this.operation = operationOf(definition as never, api);
    this.#keyKind = api.keyKind;
  }

  /** Answers with a body of the status's schema, or null if it has none. */
  answer<Status extends keyof Defined & number>(
    exchange: Exchange,
    status: Status,
    body: BodyOf<Defined[Status]>,
    headers: HeadersOf<Defined[Status]>,
  ): Answer<Id> {
    answerCheck?.answer(this.definition, status, body, headers);
    const sent: Record<string, string> = headers;
    if (body === null) return reply(exchange, status, sent, null) as Answer<Id>;
    const isJson = typeof body === 'string' || body instanceof ReadableStream;
    const text = isJson ? body : JSON.stringify(body);
    return reply(exchange, status, { 'content-type': json, ...sent }, text) as Answer<Id>;
  }

  /** Headers of a 200 that many responses share. */
  keep(headers: Partial<HeadersOf<Defined[200]>>): KeptHeaders {
    return keptHeaders({ 'content-type': json, ...headers });
  }

  /** Answers 200 with a cached body, compressed if the request accepts that. @param headers Made by `keep`. */
  answerKept(
    exchange: Exchange,
    body: Json<BodyOf<Defined[200]>, string>,
    headers: KeptHeaders,
    source: KeptSource,
  ): Answer<Id> {
    const response = replyCompressible(exchange, headers, body, source);
    answerCheck?.kept(this.definition, body, response.headers);
    return response as Answer<Id>;
  }

  /**
   * Answers with a response that was made elsewhere: a page, or content of users. The compiler does not check it, but
   * tests check that the endpoint defines such a response.
   */
  pass<Passed extends MaybePromise<Response>>(
    response: Passed,
  ): Passed extends Response ? Answer<Id> : Promise<Answer<Id>> {
    if (answerCheck !== undefined && response instanceof Promise)
      return response.then((resolved) => this.pass(resolved)) as never;
    answerCheck?.passed(this.definition, response as Response, this.operation);
    return response as never;
  }

  /** Sets the handler. Its result must be made by `answer`, `answerKept` or `pass`. */
  by(handler: EndpointHandler<Id, Static<Params>>): Mounted {
    const { method, path } = this.definition;
    return { method, path, handler: handler as Handler, operation: this.operation };
  }

  /** Sets a handler for the account of the request's key. Without a key of the API's kind, the request is refused. */
  byAccount(
    handler: (
      exchange: Exchange,
      account: StoredAccount,
      params: Static<Params>,
      key: StoredKey,
    ) => Promise<Answer<Id>>,
  ): Mounted {
    return this.by((exchange, params) => {
      const { account, key } = requireCredential(exchange, this.#keyKind);
      return handler(exchange, account, params, key);
    });
  }
}

type EndpointHandler<Id extends string, Params> = (
  exchange: Exchange,
  params: Params,
) => MaybePromise<Answer<Id>>;

type Mounted = { method: Method; path: string; handler: Handler; operation: Operation };

/**
 * Mounts endpoints, those of one path together. `base` is a prefix of their paths; the other options are those of
 * `mountResource`.
 */
export function mountEndpoints(
  app: Elysia,
  endpoints: Mounted[],
  { base = '', ...options }: { base?: string } & Parameters<typeof mountResource>[3] = {},
): void {
  for (const [path, ofPath] of Map.groupBy(endpoints, ({ path }) => path))
    mountResource(app, base + path, methodsOf(ofPath), options);
}

/** Endpoints of one path, by their methods. */
export function methodsOf(endpoints: Mounted[]): Methods {
  return Object.fromEntries(
    endpoints.map(({ method, handler, operation }) => [method, { handler, operation }]),
  );
}

/** Gives endpoints below another base operation ids of their own, because ids are unique in the document. */
export function underBase(base: string, endpoints: Mounted[]): Mounted[] {
  if (base === '/api/v1') return endpoints;
  return endpoints.map(({ operation, ...one }) => ({
    ...one,
    operation: { ...operation, operationId: `${operation.operationId}Unversioned` },
  }));
}

/** Makes the endpoints of an API, which have its tag and the shape of its errors. */
export function endpointsOf(api: ApiDefinition) {
  return <Id extends string, Defined extends Responses, Params extends TObject = TObject<TProperties>>(
    definition: EndpointDefinition<Id, Defined, Params>,
  ): Endpoint<Id, Defined, Params> => new Endpoint(definition, api);
}
