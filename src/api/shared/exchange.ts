import type { Credential } from '../../core/accounts/accounts.ts';
import type { Bodies } from '../../core/bodies/bodies.ts';
import type { OpenBody } from '../../core/bodies/open-body.ts';
import type { SmallBody } from '../../core/bodies/small-body.ts';
import type { Failure } from '../../core/failure.ts';
import { FileStream } from '../../core/ports/blob-store.ts';
import type { AnswerCoding } from '../../core/ports/content-coding.ts';
import type { RateLimitVerdict } from '../../core/ports/rate-limiter.ts';
import type { PageKind, PageProps } from '../../web/pages.ts';
import type { Compressible } from './compressible.ts';

/** How an API shows what went wrong; each has a shape of its own. */
export type Errors = {
  /** Anything that a handler threw: a `Failure` of the core, or a fault of our own (500). */
  failure(exchange: Exchange, error: unknown): Response;
  methodNotAllowed(exchange: Exchange, allowed: string): Response;
  /** A method that HTTP does not define. */
  methodNotImplemented(exchange: Exchange): Response;
  /** A path that nobody has. */
  notFound(exchange: Exchange): Response;
};

/** What a page says beside its properties. */
export type PageOptions = {
  /** 200 without one. */
  status?: number;
  headers?: Record<string, string>;
  /** Whether the page holds a secret, such as a token: it is not compressed then. */
  isSecret?: boolean;
};

/** Makes the pages that people see, in their language. */
export interface Pages {
  /** Answers with a page. `title` is without the name of the service. */
  reply<Kind extends PageKind>(
    exchange: Exchange,
    kind: Kind,
    title: string,
    props: PageProps[Kind],
    options?: PageOptions,
  ): Response;

  /** The texts of one part of the pages, in the language of whoever asks. */
  messages<Messages>(exchange: Exchange, messages: Record<string, Messages>): Messages;
}

/** What a runtime does for requests, beside HTTP. */
export type RuntimeHooks = {
  /** Lifts its own limit on silent connections for a request; the core decides how long a body may take. */
  suspendIdleLimit(request: Request): void;
  /** Puts it back, so that it holds for the answer. */
  resumeIdleLimit(request: Request): void;
  /** So many bytes of a request body are about to be parsed: what earlier ones left behind must not pile up. */
  beforeParsing(bytes: number): void;
};

/** One request and its answer: what every handler and every renderer of errors needs to know. */
export type Exchange = {
  readonly request: Request;
  /** The request as the runtime gave it, which knows it by nothing else. */
  readonly received: Request;
  readonly hooks: RuntimeHooks;
  /** All bodies that are being received, and that of this request once it is read: as a stream, or at once. */
  readonly bodies: Bodies;
  body?: OpenBody;
  smallBody?: SmallBody;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly requestId: string;
  /** What links begin with, without a trailing slash. */
  readonly publicUrl: string;
  /** The path of `publicUrl`, without a trailing slash: what an address of this server on the same host begins with. */
  readonly basePath: string;
  /** The address of the socket. */
  readonly peer: string;
  /** Whom the request counts against: an IPv4 address or an IPv6 /64. */
  readonly client: string;
  /** A HEAD request: it runs as GET, consumes nothing, and answers without a body. */
  readonly headOnly: boolean;
  /** How the API that the path belongs to shows what went wrong. */
  readonly errors: Errors;
  /** Makes pages, for people. */
  readonly pages: Pages;
  /** Whose the credential is that came along, where it is valid for that API. */
  credential?: Credential;
  /** The secret that came along and is not a valid credential for that API. */
  refusedSecret?: string;
  /** The window with the least left of those that the request counts in. */
  verdict?: RateLimitVerdict;
  /** Set where the answer may be compressed. */
  compressible?: Compressible;
  /** The pattern of the route that answers, for logs and metrics: it holds no ids. */
  route: string;
  /** Headers that the answer carries whatever it is. */
  readonly headers: Record<string, string>;
  /** What the core refused the request for, for the log and the metrics only. */
  failure?: Failure;
  /** The fault behind a 500 or 503, for the log only. */
  fault?: unknown;
};

const exchanges = new WeakMap<Request, Exchange>();

/** Ties what is known of a request to it, for the handlers behind the router. */
export function openExchange(exchange: Exchange): Exchange {
  exchanges.set(exchange.request, exchange);
  return exchange;
}

/** The exchange of a request that came through the server, now answered by `route`. */
export function exchangeOf(request: Request, route?: string): Exchange {
  const exchange = exchanges.get(request);
  if (exchange === undefined) throw new Error('the request did not come through the server');
  if (route !== undefined) exchange.route = route;
  return exchange;
}

/** Says that the answer depends on a header of the request, beside those that any answer depends on. */
export function varyBy(exchange: Exchange, header: string): void {
  const { Vary } = exchange.headers;
  exchange.headers.Vary = Vary === undefined ? header : `${Vary}, ${header}`;
}

/** No answer, errors included, may be taken for another type than the one it names (WHATWG Fetch, "nosniff"). */
export const nosniff = { 'x-content-type-options': 'nosniff' };

/** Builds a complete answer in one go: headers added to a Response later cost a copy of it. */
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

/** The open file that an answer's body is read from, where it is one: a runtime may send it by itself. */
export function fileBehind(answer: Response): FileStream | undefined {
  return fileBodies.get(answer);
}

/**
 * Answers HEAD: with the length that GET would have (RFC 9110, section 8.6), or with none where that is not
 * known. The runtimes take a missing body for one of no bytes, but leave the length of a stream open.
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

/** The body of an answer to HEAD. No runtime sends it; an empty one they would take for a length of 0. */
export function ofUnknownLength(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(1));
      controller.close();
    },
  });
}

/** Headers that are kept for many answers, `nosniff` among them; and as they are with a coding, once that was asked for. */
export type KeptHeaders = { plain: Headers; coded?: { coding: AnswerCoding; headers: Headers } };

export function keptHeaders(headers: Record<string, string>): KeptHeaders {
  return { plain: new Headers({ ...nosniff, ...headers }) };
}

/** `reply` with kept headers: a Response copies those in half the time of making them. */
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

/** An answer in JSON. */
export function replyJson(
  exchange: Exchange,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Response {
  return reply(exchange, status, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
}

/** Whether the client asks for a web page by name; curl and scripts accept anything and want the bytes. */
export function wantsPage(request: Request): boolean {
  return request.headers.get('accept')?.includes('text/html') ?? false;
}
