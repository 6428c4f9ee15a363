import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStranger } from '../../core/accounts/strangers.ts';
import { smallBody } from '../../core/bodies/body-memory.ts';
import type { OpenBody } from '../../core/bodies/open-body.ts';
import type { SmallBody } from '../../core/bodies/small-body.ts';
import { Failure, tooLarge } from '../../core/failure.ts';
import type { Exchange } from './exchange.ts';
import { HeldBytes } from './held-bytes.ts';
import { type JsonBounds, JsonScan } from './json-scan.ts';
import { refuseCoding } from './request-coding.ts';

/** The announced length of the body in bytes; undefined where it is chunked. */
export function declaredLength(request: Request): number | undefined {
  const header = request.headers.get('content-length');
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/**
 * An upload of at most so many bytes is read at once (bytes): one that has not come within 30 s has averaged less than
 * 1 KiB/s, so that nothing of the rules for slow bodies is lost.
 */
const smallUpload = 30 * 1024;

/**
 * The body of an upload as it arrives, as it was sent: decoding goes around this. The rules for slow bodies and for
 * uploads at once apply here; room and memory count what comes out of it, once it is decoded.
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
 * Bun hands over the end of a chunked body, then refuses a trailer section that came with it: it answers 400 and aborts
 * the request (oven-sh/bun#32887). What the client believes to have failed must not be stored.
 */
async function requireAccepted(request: Request): Promise<void> {
  await nextTurn();
  request.signal.throwIfAborted();
}

/** The client went away before its body was whole. Nobody is left to read the answer. */
export class BodyBrokenOff extends Error {
  constructor(cause: unknown) {
    super('the request body broke off', { cause });
    this.name = 'BodyBrokenOff';
  }
}

/**
 * Reads a whole body of at most `limit` bytes. It counts as memory until the request is answered.
 *
 * @param bounds Of the JSON in it: a large body is refused as soon as it goes past them, before it is parsed.
 * @param decoded The content of a body that has a coding.
 * @throws Failure `too_large` from the announced length before a byte is read, else as soon as it is passed;
 *   `invalid` for JSON past its bounds, `request_timeout`, `rate_limited`, `server_busy`; BodyBrokenOff
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
  // Not an async function, and without a stream, where the body is small: most are.
  const opened = openSmall(exchange, length, false);
  const read = (body: SmallBody | undefined) =>
    body ? receiveSmall(exchange, body) : readStream(exchange, limit, bounds);
  return opened instanceof Promise ? opened.then(read) : read(opened);
}

function readStream(exchange: Exchange, limit: number, bounds?: JsonBounds): Promise<Uint8Array> {
  return holdChunks(exchange, chunksOf(exchange, openBody(exchange, false)), limit, bounds);
}

/** The most bytes of a JSON or form body that holds no content and no long list. */
const shortBody = 256 * 1024;

/**
 * Reads the body of a request that brings no content.
 *
 * @throws Failure `invalid` where it is too long for one, `coding_refused` where it has a coding; or as `readBody`
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

/** The body of an exchange, which has only one. The server ends it with the exchange. */
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

/** The account that an upload counts for; undefined where it counts for the address. */
function uploaderOf({ credential }: Exchange): string | undefined {
  return credential && !isStranger(credential.account) ? credential.account.id : undefined;
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
    // Nobody wants the rest, if there is any.
    if (!body.isWhole) reader.cancel().catch(() => undefined);
  }
}

function receiveSmall(exchange: Exchange, body: SmallBody): Promise<Uint8Array> {
  exchange.smallBody = body;
  return new Promise((resolve, reject) => {
    body.giveUp = reject;
    exchange.request.arrayBuffer().then(
      (bytes) => {
        body.giveUp = undefined;
        body.isWhole = true;
        resolve(new Uint8Array(bytes));
      },
      (cause: unknown) => reject(new BodyBrokenOff(cause)),
    );
  });
}

/** What it costs to read a body as a stream, beside its bytes (bytes): 29 KiB were measured with 9,000 bodies. */
const streamCost = 32 * 1024;

/**
 * Gathers chunks in memory, each counted as it comes.
 *
 * @throws as `readBody`, and whatever `chunks` throws
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
