/** The details of an error response. */
export type MayflyErrorFields = {
  /** The HTTP status. */
  status: number;
  /** The error code of the API, such as `bucket_not_found`; `http_404` if the response has none. */
  code: string;
  /** The id of the request in the server's log. */
  requestId?: string;
  /** The seconds to wait before a retry, from `Retry-After`. */
  retryAfter?: number;
};

/** The server refused a call or failed to process it. */
export class MayflyError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(message: string, { status, code, requestId, retryAfter }: MayflyErrorFields) {
    super(message);
    this.name = 'MayflyError';
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** There was no response: the server is unavailable, or the connection broke. */
export class NetworkError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NetworkError';
  }
}

/** The call is invalid, and nothing was sent. */
export class InvalidCallError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidCallError';
  }
}

/** The maximum length of a message in XML (characters). */
const maxMessageLength = 500;
/** How much of an error response is read (bytes). A response from another server may be endless. */
const maxErrorBytes = 64 * 1024;

/** Messages for responses without a body, such as to HEAD. */
const messages: Record<number, string> = {
  401: 'The key is missing or not valid',
  403: 'The server does not allow this',
  404: 'There is nothing here: it was deleted, has expired, or never was',
};

/**
 * Reads an error response in any format of the server: `{"error": "…"}`, `{"error": "…", "code"}`,
 * `{"error": {code, message, …}}`, and S3's XML.
 */
export async function errorOf(response: Response): Promise<MayflyError> {
  const text = await beginningOf(response);
  const { status, headers } = response;
  const { code, message } = fromJson(text) ?? fromXml(text) ?? {};
  return new MayflyError(message ?? messages[status] ?? `The server answered with status ${status}`, {
    status,
    code: code ?? `http_${status}`,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfter: retryAfterIn(headers),
  });
}

/** The beginning of the body as text: all of a small one. */
export async function beginningOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let length = 0; reader && length < maxErrorBytes; ) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // Use what arrived before the connection broke.
  }
  reader?.cancel().catch(() => undefined);
  return text;
}

type ErrorText = { code?: string; message?: string };

function fromJson(text: string): ErrorText | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { error, code } = (body ?? {}) as { error?: unknown; code?: unknown };
  if (typeof error === 'string') return { message: error, code: textOf(code) };
  if (typeof error !== 'object' || error === null) return undefined;
  const fields = error as { code?: unknown; message?: unknown };
  return { message: textOf(fields.message), code: textOf(fields.code) };
}

function fromXml(text: string): ErrorText | undefined {
  if (!text.startsWith('<')) return undefined;
  const element = (name: string) =>
    new RegExp(`<${name}>([^<]{1,${maxMessageLength}})</${name}>`).exec(text)?.[1];
  return { code: element('Code'), message: element('Message') };
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** `Retry-After` in seconds (RFC 9110, section 10.2.3). The header has seconds or a date. */
function retryAfterIn(headers: Headers): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
