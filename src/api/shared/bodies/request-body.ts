import { setImmediate as nextTurn } from 'node:timers/promises';
import { isAnonymous } from '../../../core/accounts/anonymous.ts';
import { smallBody } from '../../../core/bodies/body-memory.ts';
import type { OpenBody } from '../../../core/bodies/open-body.ts';
import type { SmallBody } from '../../../core/bodies/small-body.ts';
import { Failure, tooLarge } from '../../../core/failure.ts';
import type { Exchange } from '../exchange.ts';
import { HeldBytes } from './held-bytes.ts';
import { type JsonBounds, JsonScan } from './json-scan.ts';
import { refuseCoding } from './request-coding.ts';

/** The announced length of the body in bytes; undefined if it is chunked. */
export function declaredLength(request: Request): number | undefined {
  const header = request.headers.get('content-length');
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/**
 * An upload of at most this size is read in one call (bytes). If it does not arrive within 30 s, it averages less than
 * 1 KiB/s, so the rule for slow bodies still holds.
 */
const smallUpload = 30 * 1024;

/**
 * The body of an upload as it arrives and as it was sent; decoders wrap it. The rules for slow bodies and for
 * concurrent uploads apply here. Room and memory count the decoded bytes.
 *
 * @throws BodyBrokenOff, Failure `request_timeout`, `rate_limited`, from the iteration
 */
export async function* bodyChunks(exchange: Exchange): AsyncGenerator<Uint8Array> {
  const length = declaredLength(exchange.request);
  if (length !== undefined && length <= smallUpload && exchange.body === undefined) {
    const opened = openSmall(exchange, length, true);
    const body = opened instanceof Promise ? await opened : opened;
    if (body !== undefined) {
      yield await receiveSmall(exchange, body);
      return;
    }
  }
  yield* chunksOf(exchange, openBody(exchange, true));
}

/**
 * Bun passes on the end of a chunked body before it rejects its trailer section: it answers 400 and aborts the request
 * (oven-sh/bun#32887). A request that failed for the client must not store anything.
 */
async function requireAccepted(request: Request): Promise<void> {
  await nextTurn();
  request.signal.throwIfAborted();
}

/** The client disconnected before its body was complete, so no one reads the response. */
export class BodyBrokenOff extends Error {
  constructor(cause: unknown) {
    super('the request body ended early', { cause });
    this.name = 'BodyBrokenOff';
  }
}

/**
 * Reads a whole body of at most `limit` bytes. It counts as body memory until the request is answered.
 *
 * @param bounds Limits of its JSON. A large body is rejected as soon as it exceeds them, before it is parsed.
 * @param decoded The content of a body that has a coding.
 * @throws Failure `too_large` for an announced length before a byte is read, otherwise as soon as it is exceeded;
 *   `invalid` for JSON above its limits, `request_timeout`, `rate_limited`, `server_busy`; BodyBrokenOff
 */
export function readBody(
  exchange: Exchange,
  limit: number,
  bounds?: JsonBounds,
  decoded?: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  if (decoded !== undefined) return holdChunks(exchange, decoded, limit, bounds);
  const length = declaredLength(exchange.request);
  if (length !== undefined && length > limit) throw tooLarge('The request body', limit);
  if (length === undefined || length > smallBody) return readStream(exchange, limit, bounds);
  // Small bodies, which most are, need neither an async function nor a stream.
  const opened = openSmall(exchange, length, false);
  const read = (body: SmallBody | undefined) =>
    body ? receiveSmall(exchange, body) : readStream(exchange, limit, bounds);
  return opened instanceof Promise ? opened.then(read) : read(opened);
}

function readStream(exchange: Exchange, limit: number, bounds?: JsonBounds): Promise<Uint8Array> {
  return holdChunks(exchange, chunksOf(exchange, openBody(exchange, false)), limit, bounds);
}

/** The maximum size of a JSON or form body without content and long lists (bytes). */
const shortBody = 256 * 1024;

/**
 * Reads the body of a request that contains no content.
 *
 * @throws Failure `invalid` if it is too long, `coding_refused` if it has a coding; and as `readBody`
 */
export async function readSmallBody(
  exchange: Exchange,
  limit = shortBody,
  bounds?: JsonBounds,
): Promise<Uint8Array> {
  refuseCoding(exchange.request);
  try {
    return await readBody(exchange, limit, bounds);
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'too_large')) throw error;
    throw new Failure('invalid', `The request body exceeds the limit of ${limit} bytes`);
  }
}

/** Room for ten thousand parts, each with a number and an ETag (bytes). */
const maxPartsBody = 4 * 1024 * 1024;
/** A list of ten thousand objects with two members each, within an object. */
const partsBounds = { depth: 3, members: 30_010 };

/** Reads the list of parts that completes an upload. @throws as `readSmallBody` */
export function readPartsBody(exchange: Exchange): Promise<Uint8Array> {
  return readSmallBody(exchange, maxPartsBody, partsBounds);
}

/** Opens the body of a request once. The server ends it when the request is answered. */
export function openBody(exchange: Exchange, isUpload: boolean): OpenBody {
  if (exchange.body !== undefined) return exchange.body;
  const { client, request, hooks, received } = exchange;
  const length = declaredLength(request);
  exchange.body = exchange.bodies.open({
    client,
    account: uploaderOf(exchange),
    isUpload,
    length,
    mayPause: isUpload && length === undefined,
    suspendIdleLimit: () => hooks.suspendIdleLimit(received),
    resumeIdleLimit: () => hooks.resumeIdleLimit(received),
  });
  return exchange.body;
}

function openSmall(exchange: Exchange, length: number, isUpload: boolean) {
  const { bodies, client } = exchange;
  return bodies.openSmall({ client, account: isUpload ? uploaderOf(exchange) : undefined, length, isUpload });
}

/** The account that an upload counts for; undefined if it counts for the address. */
function uploaderOf({ credential }: Exchange): string | undefined {
  return credential && !isAnonymous(credential.account) ? credential.account.id : undefined;
}

async function* chunksOf({ request, received }: Exchange, body: OpenBody): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return body.complete();
  try {
    for (;;) {
      const next = await body.wait(reader.read());
      if (next.done) break;
      const counted = body.arrived(next.value.length);
      if (counted) await counted;
      yield next.value;
    }
    body.complete();
    if (declaredLength(request) === undefined) await requireAccepted(received);
  } catch (error) {
    throw error instanceof Failure ? error : new BodyBrokenOff(error);
  } finally {
    // The rest, if there is any, is not needed.
    if (!body.isWhole) reader.cancel().catch(() => undefined);
  }
}

function receiveSmall(exchange: Exchange, body: SmallBody): Promise<Uint8Array> {
  exchange.smallBody = body;
  return new Promise((resolve, reject) => {
    body.abandon = reject;
    exchange.request.arrayBuffer().then(
      (bytes) => {
        body.abandon = undefined;
        body.isWhole = true;
        resolve(new Uint8Array(bytes));
      },
      (cause: unknown) => reject(new BodyBrokenOff(cause)),
    );
  });
}

/** The memory for reading a body as a stream, without its bytes (bytes); 29 KiB were measured with 9,000 bodies. */
const streamCost = 32 * 1024;

/**
 * Collects chunks in memory, and counts each as it arrives.
 *
 * @throws as `readBody`, and the errors of `chunks`
 */
async function holdChunks(
  exchange: Exchange,
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  bounds?: JsonBounds,
): Promise<Uint8Array> {
  const body = openBody(exchange, false);
  const charged = body.hold(streamCost);
  if (charged) await charged;
  const held = new HeldBytes();
  let scan: JsonScan | undefined;
  try {
    for await (const chunk of chunks) {
      if (held.size + chunk.length > limit) throw tooLarge('The request body', limit);
      const counted = body.hold(chunk.length);
      if (counted) await counted;
      held.add(chunk);
      if (scan) scan.push(chunk);
      else if (bounds && held.size > shortBody) {
        scan = new JsonScan(bounds);
        for (const piece of held.pieces()) scan.push(piece);
      }
    }
  } catch (error) {
    held.release();
    throw error;
  }
  if (held.size > shortBody) exchange.hooks.beforeParsing(held.size);
  return held.joined();
}
