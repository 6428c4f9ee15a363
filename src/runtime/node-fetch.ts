import { DecoratorHandler, type Dispatcher, EnvHttpProxyAgent, fetch as send } from 'undici';

/** The content coding of a response that must not be decoded, while `fetch` looks at its headers. */
const hidden = 'x-mayfly-content-encoding';

// A tunnel is only for HTTPS.
const agent = new EnvHttpProxyAgent({ proxyTunnel: false });
const undecoded = agent.compose((dispatch) => (options, handler) => dispatch(options, hidingCoding(handler)));

type NodeFetchInit = Omit<RequestInit, 'body'> & {
  /** Not a form: undici has a `FormData` of its own, and would send the name of any other class. */
  body?: Exclude<RequestInit['body'], FormData>;
  /** Whether a response with a content coding is decoded; true by default. */
  decompress?: boolean;
};

/**
 * Node's own `fetch` uses no proxy by default, and always decodes a response. This one uses the proxy of the environment,
 * and has the option `decompress: false`, as that of Bun. It takes a URL, not a `Request`, which undici would not accept
 * from Node.
 */
export async function fetch(
  url: string,
  { decompress = true, ...init }: NodeFetchInit = {},
): Promise<Response> {
  const dispatcher = decompress ? agent : undecoded;
  const response = await send(url, { duplex: 'half', ...init, dispatcher } as Parameters<typeof send>[1]);
  const coding = response.headers.get(hidden);
  if (coding === null) return response as unknown as Response;
  const headers = new Headers([...response.headers]);
  headers.delete(hidden);
  headers.set('content-encoding', coding);
  return new Response(response.body as unknown as ReadableStream, { status: response.status, headers });
}

function hidingCoding(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  const inner: Dispatcher.DispatchHandler = new DecoratorHandler(handler);
  const start = inner.onResponseStart?.bind(inner);
  inner.onResponseStart = (controller, status, { 'content-encoding': coding, ...headers }, statusText) =>
    start?.(
      controller,
      status,
      coding === undefined ? headers : { ...headers, [hidden]: coding },
      statusText,
    );
  return inner;
}
