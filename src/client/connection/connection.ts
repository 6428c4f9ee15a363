import type { Operation, RequestBody, ResponseBody } from './bodies.ts';
import { errorOf, InvalidCallError, NetworkError } from './errors.ts';
import { type RetryOptions, type RetryPolicy, withRetry } from './retry.ts';
import { answered, type Fetch, type Outgoing, type Transport } from './transport.ts';

/** A call without content. */
export type Call<Body = unknown> = {
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string | undefined>;
  /** The body, sent as JSON. */
  json?: Body;
  /** Requests the content in the coding it is stored in, without decoding it. Browsers decode it anyway. */
  asStored?: boolean;
  signal?: AbortSignal;
};

type ConnectionDeps = {
  url: string;
  key: string | undefined;
  fetch: Fetch;
  transport: Transport;
  retry: RetryPolicy;
};

/** Calls one server with one API key. */
export class Connection {
  /** Without a trailing slash. */
  readonly url: string;
  readonly retry: RetryPolicy;
  readonly #deps: ConnectionDeps;

  constructor(deps: ConnectionDeps) {
    this.url = deps.url.replace(/\/+$/, '');
    this.retry = deps.retry;
    this.#deps = deps;
  }

  /** The header with the API key. In the payload API only calls that create send it. */
  authorization(): Record<string, string> {
    return this.#deps.key === undefined ? {} : { authorization: `Bearer ${this.#deps.key}` };
  }

  /** @throws MayflyError for a status other than 2xx, NetworkError without a response */
  async call(
    method: string,
    path: string,
    { query, headers, json, asStored, signal }: Call = {},
  ): Promise<Response> {
    const init: RequestInit = {
      method,
      headers: present({
        ...(json !== undefined && { 'content-type': 'application/json' }),
        // This stops Deno from decoding the response. Bun has the option `decompress` instead.
        ...(asStored && { 'accept-encoding': 'identity' }),
        ...headers,
      }),
      ...(asStored && { decompress: false }),
      signal,
      ...(json !== undefined && { body: JSON.stringify(json) }),
    };
    return succeeded(await answered(this.#deps.fetch, this.#address(path, query), init));
  }

  /** Like `call`, for an operation with a JSON response. */
  async json<Id extends Operation>(
    method: string,
    path: string,
    call: Call<RequestBody<Id>> = {},
  ): Promise<ResponseBody<Id>> {
    return jsonOf<Id>(await this.call(method, path, call), call.signal);
  }

  /** Like `json`, with retries. The call must be repeatable. */
  jsonWithRetry<Id extends Operation>(
    method: string,
    path: string,
    call: Call<RequestBody<Id>>,
    onRetry: RetryOptions['onRetry'],
  ): Promise<ResponseBody<Id>> {
    return withRetry(this.retry, { signal: call.signal, onRetry }, () => this.json<Id>(method, path, call));
  }

  /**
   * Sends content, with retries. A stream is sent only once, since it cannot be read again.
   *
   * @param target A path of this server, or a URL. The API key is sent only if `headers` has it.
   */
  send(
    outgoing: Omit<Outgoing, 'url' | 'headers'> & {
      target: string;
      headers: Record<string, string | undefined>;
    },
    options: RetryOptions,
    policy: RetryPolicy = this.retry,
  ): Promise<Response> {
    const { target, headers, ...rest } = outgoing;
    const url = target.startsWith('/') ? this.#address(target) : target;
    const once = rest.body instanceof ReadableStream;
    return withRetry(once ? { ...policy, tries: 1 } : policy, options, async () => {
      rest.signal?.throwIfAborted();
      rest.onSent?.(0);
      return succeeded(await this.#deps.transport({ ...rest, url, headers: present(headers) }));
    });
  }

  #address(path: string, query: Call['query'] = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return `${this.url}${path}${search.size > 0 ? `?${search}` : ''}`;
  }
}

/** @throws NetworkError if the response is incomplete or not JSON */
export async function jsonOf<Id extends Operation>(
  response: Response,
  signal?: AbortSignal,
): Promise<ResponseBody<Id>> {
  try {
    return (await response.json()) as ResponseBody<Id>;
  } catch (error) {
    signal?.throwIfAborted();
    throw new NetworkError('The response is incomplete, or not from a Mayfly server', error);
  }
}

async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await errorOf(response);
}

/** @throws InvalidCallError for an invalid header value. The message omits the value, which may be the API key. */
function present(headers: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(headers).filter(
    (header): header is [string, string] => header[1] !== undefined,
  );
  for (const [name, value] of given) {
    try {
      new Headers({ [name]: value });
    } catch {
      throw new InvalidCallError(`The value for the header ${name} has characters that headers cannot have`);
    }
  }
  return Object.fromEntries(given);
}
