import { errorOf, InvalidCallError, NetworkError } from './errors.ts';
import { type RetryOptions, type RetryPolicy, withRetry } from './retry.ts';
import { answered, type Fetch, type Outgoing, type Transport } from './transport.ts';

/** A call that brings no content. */
export type Call = {
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string | undefined>;
  /** The body, sent as JSON. */
  json?: unknown;
  /** The answer's bytes are wanted as they are stored, in the coding that they have. Browsers decode all the same. */
  asStored?: boolean;
  signal?: AbortSignal;
};

/** The way to one server, with one key. */
export class Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly retry: RetryPolicy;
  readonly #key: string | undefined;
  readonly #fetch: Fetch;
  readonly #transport: Transport;

  constructor(url: string, key: string | undefined, fetch: Fetch, transport: Transport, retry: RetryPolicy) {
    this.url = url.replace(/\/+$/, '');
    this.retry = retry;
    this.#key = key;
    this.#fetch = fetch;
    this.#transport = transport;
  }

  /** The headers that show the key. Of the payload API only what creates is shown it. */
  authorization(): Record<string, string> {
    return this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` };
  }

  /** @throws MayflyError where the answer is not of the 200s, NetworkError where there is none */
  async call(
    method: string,
    path: string,
    { query, headers, json, asStored, signal }: Call = {},
  ): Promise<Response> {
    const init: RequestInit = {
      method,
      headers: present({
        ...(json !== undefined && { 'content-type': 'application/json' }),
        // Deno decodes nothing where this is asked for; Bun has a word of its own.
        ...(asStored && { 'accept-encoding': 'identity' }),
        ...headers,
      }),
      ...(asStored && { decompress: false }),
      signal,
      ...(json !== undefined && { body: JSON.stringify(json) }),
    };
    return succeeded(await answered(this.#fetch, this.#address(path, query), init));
  }

  /** As `call`, for an answer that is JSON. */
  async json<Body>(method: string, path: string, call: Call = {}): Promise<Body> {
    return jsonOf<Body>(await this.call(method, path, call), call.signal);
  }

  /** As `json`, again where it fails and may be worth it: for calls that can be repeated. */
  insist<Body>(method: string, path: string, call: Call, onRetry: RetryOptions['onRetry']): Promise<Body> {
    return withRetry(this.retry, { signal: call.signal, onRetry }, () => this.json<Body>(method, path, call));
  }

  /**
   * Sends content, and again where that fails and may be worth it: a stream is sent once, since it is gone then.
   *
   * @param target A path of this server, or a whole URL, which is shown only the headers that are given.
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
      return succeeded(await this.#transport({ ...rest, url, headers: present(headers) }));
    });
  }

  #address(path: string, query: Call['query'] = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return `${this.url}${path}${search.size > 0 ? `?${search}` : ''}`;
  }
}

/** @throws NetworkError where the connection broke within the answer, or somebody else has answered */
export async function jsonOf<Body>(response: Response, signal?: AbortSignal): Promise<Body> {
  try {
    return (await response.json()) as Body;
  } catch (error) {
    signal?.throwIfAborted();
    throw new NetworkError('The answer is not whole, or not of a Mayfly server', error);
  }
}

async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await errorOf(response);
}

/** @throws InvalidCallError for a value that no header can have. It is not repeated there: it may be the key. */
function present(headers: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(headers).filter(
    (header): header is [string, string] => header[1] !== undefined,
  );
  for (const [name, value] of given) {
    try {
      new Headers({ [name]: value });
    } catch {
      throw new InvalidCallError(`The header ${name} cannot have the value that was given for it`);
    }
  }
  return Object.fromEntries(given);
}
