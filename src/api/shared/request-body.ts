import { setImmediate as nextTurn } from 'node:timers/promises';
import { Failure, tooLarge } from '../../core/failure.ts';

/** The announced length of the body in bytes; undefined where it is chunked. */
export function declaredLength(request: Request): number | undefined {
  const header = request.headers.get('content-length');
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** The body as it arrives. A body that breaks off makes the iteration throw `BodyBrokenOff`. */
export async function* bodyChunks(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  try {
    yield* request.body as unknown as AsyncIterable<Uint8Array>;
    if (declaredLength(request) === undefined) await requireAccepted(request);
  } catch (error) {
    throw new BodyBrokenOff(error);
  }
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
 * Reads a whole body of at most `limit` bytes.
 *
 * @throws Failure `too_large`: from the announced length before a byte is read, else as soon as it is passed
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const length = declaredLength(request);
  if (length !== undefined) {
    if (length > limit) throw tooLarge('The request body', limit);
    try {
      return new Uint8Array(await request.arrayBuffer());
    } catch (error) {
      throw new BodyBrokenOff(error);
    }
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyChunks(request)) {
    size += chunk.length;
    if (size > limit) throw tooLarge('The request body', limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The most bytes of a JSON or form body that holds no content and no long list. */
const smallBody = 256 * 1024;

/** Reads the body of a request that brings no content. @throws Failure `invalid` where it is too long for one */
export async function readSmallBody(request: Request, limit = smallBody): Promise<Uint8Array> {
  try {
    return await readBody(request, limit);
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'too_large')) throw error;
    throw new Failure('invalid', `The request body exceeds the limit of ${limit} bytes`);
  }
}
