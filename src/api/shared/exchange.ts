import type { Credential } from '../../core/accounts/accounts.ts';
import type { Bodies } from '../../core/bodies/bodies.ts';
import type { OpenBody } from '../../core/bodies/open-body.ts';
import type { SmallBody } from '../../core/bodies/small-body.ts';
import type { Failure } from '../../core/failure.ts';
import type { Idempotency } from '../../core/idempotency.ts';
import type { AnswerCoding } from '../../core/ports/coding/content-coding.ts';
import { FileStream } from '../../core/ports/content/blob-store.ts';
import type { RateLimitVerdict } from '../../core/ports/limits/rate-limiter.ts';
import type { PageKind, PageProps } from '../../web/pages.ts';
import type { Compressible } from './answers/compressible.ts';

/** Renders the errors of an API in its own shape. */
export type Errors = {
  /** For anything that a handler threw: a `Failure` of the core, or a fault (500). */
  failure(exchange: Exchange, error: unknown): Response;
  methodNotAllowed(exchange: Exchange, allowed: string): Response;
  /** For a method that HTTP does not define. */
  methodNotImplemented(exchange: Exchange): Response;
  /** For an unknown path. */
  notFound(exchange: Exchange): Response;
};

/** The options of a page response. */
export type PageOptions = {
  /** The default is 200. */
  status?: number;
  headers?: Record<string, string>;
  /** Whether the page contains a secret, such as a token. It is then not compressed. */
  isSecret?: boolean;
  /**
   * Whether all readers of a language and theme get the same page. It is then rendered and compressed once for them.
   */
  isKept?: boolean;
};

/** Renders pages in the language of the reader. */
export interface Pages {
  /** Answers with a page. `title` is without the name of the service. */
  reply<Kind extends PageKind>(
    exchange: Exchange,
    kind: Kind,
    title: string,
    props: PageProps[Kind],
    options?: PageOptions,
  ): Response;

  /** The texts of one component of the pages, in the language of the reader. */
  messages<Messages>(exchange: Exchange, messages: Record<string, Messages>): Messages;
}

/** Functions of a runtime for requests, in addition to HTTP. */
export type RuntimeHooks = {
  /** Lifts the runtime's limit on silent connections for a request. The core decides how long a body may take. */
  suspendIdleLimit(request: Request): void;
  /** Restores the limit for the response. */
  resumeIdleLimit(request: Request): void;
  /** Called before a request body of this size is parsed, so that the garbage of earlier ones does not accumulate. */
  beforeParsing(bytes: number): void;
};

/** The context of one request: what every handler and every renderer of errors needs. */
export type Exchange = {
  readonly request: Request;
  /** The request object of the runtime, by which the runtime identifies it. */
  readonly received: Request;
  readonly hooks: RuntimeHooks;
  /** All bodies that are being received. `body` or `smallBody` is the one of this request, once it is read. */
  readonly bodies: Bodies;
  readonly idempotency: Idempotency;
  body?: OpenBody;
  smallBody?: SmallBody;
  /** The path as the client sent it, without the query. */
  readonly path: string;
  readonly requestId: string;
  /** What links begin with, without a trailing slash. */
  readonly publicUrl: string;
  /** The path of `publicUrl`, without a trailing slash: the prefix of links to this server on the same host. */
  readonly basePath: string;
  /** The address of the socket. */
  readonly peer: string;
  /** The client address that the request counts against: an IPv4 address or an IPv6 /64. */
  readonly client: string;
  /** A HEAD request: it runs as GET, consumes nothing, and answers without a body. */
  readonly headOnly: boolean;
  /** The error renderer of the API that owns the path. */
  readonly errors: Errors;
  readonly pages: Pages;
  /** The credential of the request, if it is valid for that API. */
  credential?: Credential;
  /** The secret of the request, if it is not a valid credential for that API. */
  refusedSecret?: string;
  /** The rate limit window with the fewest calls left, of those that the request counts in. */
  verdict?: RateLimitVerdict;
  /** Set if the response may be compressed. */
  compressible?: Compressible;
  /** The pattern of the route, without ids, for logs and metrics. */
  route: string;
  /** Headers of every response, errors included. */
  readonly headers: Record<string, string>;
  /** The failure of the core, for the log and the metrics only. */
  failure?: Failure;
  /** The fault behind a 500 or 503, for the log only. */
  fault?: unknown;
};

const exchanges = new WeakMap<Request, Exchange>();

/** Associates the context with its request, for the handlers behind the router. */
export function openExchange(exchange: Exchange): Exchange {
  exchanges.set(exchange.request, exchange);
  return exchange;
}

/** The context of a request that came through the server; `route` is the route that answers it. */
export function exchangeOf(request: Request, route?: string): Exchange {
  const exchange = exchanges.get(request);
  if (exchange === undefined) throw new Error('the request did not come through the server');
  if (route !== undefined) exchange.route = route;
  return exchange;
}

/** Adds a request header to `Vary`, which already has those that every response depends on. */
export function varyBy(exchange: Exchange, header: string): void {
  const { Vary } = exchange.headers;
  exchange.headers.Vary = Vary === undefined ? header : `${Vary}, ${header}`;
}

/** Browsers must not guess the type of any response, errors included (WHATWG Fetch, "nosniff"). */
export const nosniff = { 'x-content-type-options': 'nosniff' };

/** Builds a complete response in one step. Adding headers to a Response later costs a copy of it. */
export function reply(
  exchange: Exchange,
  status: number,
  headers: Record<string, string>,
  body: BodyInit | null,
): Response {
  if (exchange.headOnly) return replyHead(exchange, status, headers, body);
  const answer = new Response(body, { status, headers: { ...nosniff, ...exchange.headers, ...headers } });
  if (body instanceof FileStream) fileBodies.set(answer, body);
  return answer;
}

const fileBodies = new WeakMap<Response, FileStream>();

/** The open file behind a response's body, if there is one. A runtime may send it by itself. */
export function fileBehind(answer: Response): FileStream | undefined {
  return fileBodies.get(answer);
}

/**
 * Answers HEAD, with the length that GET would have (RFC 9110, section 8.6), or without one if it is unknown. The
 * runtimes set a length of 0 for a missing body, but no length for a stream.
 */
function replyHead(
  exchange: Exchange,
  status: number,
  headers: Record<string, string>,
  body: BodyInit | null,
): Response {
  const answer = new Response(body instanceof ReadableStream ? ofUnknownLength() : null, {
    status,
    headers: { ...nosniff, ...exchange.headers, ...headers },
  });
  if (typeof body === 'string' || body instanceof Uint8Array)
    answer.headers.set('content-length', String(Buffer.byteLength(body)));
  return answer;
}

/** The body of a response to HEAD. No runtime sends it. For an empty one, they would set a length of 0. */
export function ofUnknownLength(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(1));
      controller.close();
    },
  });
}

/** Cached headers for many responses, `nosniff` included, and those with a coding once a client has requested it. */
export type KeptHeaders = { plain: Headers; coded?: { coding: AnswerCoding; headers: Headers } };

export function keptHeaders(headers: Record<string, string>): KeptHeaders {
  return { plain: new Headers({ ...nosniff, ...headers }) };
}

/** `reply` with cached headers, which a Response copies in half the time of building them. */
export function replyWith(
  exchange: Exchange,
  status: number,
  kept: Headers,
  body: BodyInit | null,
): Response {
  if (exchange.headOnly) return replyHead(exchange, status, Object.fromEntries(kept), body);
  const answer = new Response(body, { status, headers: kept });
  const { headers } = answer;
  for (const name in exchange.headers) headers.set(name, exchange.headers[name] ?? '');
  if (body instanceof FileStream) fileBodies.set(answer, body);
  return answer;
}

export function replyJson(
  exchange: Exchange,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Response {
  return reply(exchange, status, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
}

/** Whether the client accepts HTML explicitly. curl and scripts accept anything and need the bytes. */
export function wantsPage(request: Request): boolean {
  return request.headers.get('accept')?.includes('text/html') ?? false;
}
