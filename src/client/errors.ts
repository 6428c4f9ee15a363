/** What can be told of an answer that is not the one that was asked for. */
export type MayflyErrorFields = {
  /** The HTTP status. */
  status: number;
  /** The API's own code, such as `bucket_not_found`; `http_404` where it has none. */
  code: string;
  /** By which the operator finds the call in the log. */
  requestId?: string;
  /** After how many seconds the server says that trying again is worth it. */
  retryAfter?: number;
};

/** The server has refused a call, or could not do what it asked for. */
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

/** There was no answer: the server is away, or the connection broke. */
export class NetworkError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NetworkError';
  }
}

/** What was asked for cannot be sent at all: nothing was. */
export class InvalidCallError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidCallError';
  }
}

/** The longest message that is taken from XML (characters). */
const longestMessage = 500;
/** What is read of an answer for its error (bytes): somebody else's may never end. */
const longestError = 64 * 1024;

/** For answers without words, as those to HEAD. */
const messages: Record<number, string> = {
  401: 'The key is missing or not valid',
  403: 'The server does not allow this',
  404: 'There is nothing here: it was deleted, has expired, or never was',
};

/**
 * Reads an answer that tells of an error, in any of the server's shapes: `{"error": "…"}`, `{"error": "…", "code"}`,
 * `{"error": {code, message, …}}` with more fields or fewer, and S3's XML.
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

async function beginningOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let length = 0; reader && length < longestError; ) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // What has come has to do.
  }
  reader?.cancel().catch(() => undefined);
  return text;
}

type Told = { code?: string; message?: string };

function fromJson(text: string): Told | undefined {
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

function fromXml(text: string): Told | undefined {
  if (!text.startsWith('<')) return undefined;
  const element = (name: string) =>
    new RegExp(`<${name}>([^<]{1,${longestMessage}})</${name}>`).exec(text)?.[1];
  return { code: element('Code'), message: element('Message') };
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** `Retry-After` in seconds (RFC 9110, section 10.2.3): a number of them, or a date. */
function retryAfterIn(headers: Headers): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
