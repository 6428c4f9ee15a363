import type { AnswerEncoding } from '../../../core/coding/answer-encoding.ts';
import { type AnswerCoding, answerCodings } from '../../../core/ports/coding/content-coding.ts';
import { type Exchange, type KeptHeaders, ofUnknownLength, replyWith, varyBy } from '../exchange.ts';
import type { CompressedForm, Compressible, KeptSource } from './compressible.ts';
import { chooseCoding } from './negotiation.ts';

/** Compressing shorter text gains nothing; longer text would take too long and too much memory (bytes). */
const minSize = 1024;
const maxSize = 16 * 1024 * 1024;

/** The coding for each value of `Accept-Encoding`. Clients send few different values. */
const chosen = new Map<string, AnswerCoding | null>();
const maxChosen = 256;

function codingFor(acceptEncoding: string): AnswerCoding | undefined {
  const known = chosen.get(acceptEncoding);
  if (known !== undefined) return known ?? undefined;
  const coding = chooseCoding(acceptEncoding, answerCodings) ?? null;
  if (chosen.size >= maxChosen) chosen.clear();
  chosen.set(acceptEncoding, coding);
  return coding ?? undefined;
}

/**
 * Adds `Accept-Encoding` to `Vary` if text of this size may be compressed. Responses that are never compressed need it
 * too, if they have the `Vary` of a 200: 304 and 206 (RFC 9110 §15.4.5, §15.3.7).
 *
 * @param size In bytes, or in characters.
 * @returns Whether it may be compressed.
 */
export function varyByCoding(exchange: Exchange, size: number): boolean {
  if (size < minSize || size > maxSize) return false;
  varyBy(exchange, 'Accept-Encoding');
  return true;
}

/**
 * Declares that the response is text that is the same for everyone and contains no secret, so it may be compressed. The
 * length of a response with a token and with text of the client's choice would reveal the token (BREACH). Call it
 * before the response is made.
 *
 * @param size In bytes, or in characters.
 * @param source The cached source of the text; its compressed form is cached with it.
 * @returns The compressed form if it is cached.
 */
export function allowCompression(
  exchange: Exchange,
  size: number,
  source?: KeptSource,
): CompressedForm | undefined {
  if (!varyByCoding(exchange, size)) return undefined;
  const { headers } = exchange.request;
  const accepted = headers.get('accept-encoding');
  if (accepted === null) return undefined;
  const coding = codingFor(accepted);
  if (coding === undefined || headers.has('range')) return undefined;
  if (headers.get('cache-control')?.includes('no-transform')) return undefined;
  const known = source?.compressed;
  if (known?.coding === coding) return known.bytes === undefined ? undefined : known;
  exchange.compressible = { coding, size, source };
  return undefined;
}

/** Answers 200 with text that may be compressed by the rules of `allowCompression`, at once if it is cached. */
export function replyCompressible(
  exchange: Exchange,
  headers: KeptHeaders,
  body: string | Uint8Array<ArrayBuffer>,
  source?: KeptSource,
): Response {
  const form = allowCompression(exchange, body.length, source);
  return form ? replyCompressed(exchange, headers, form) : replyWith(exchange, 200, headers.plain, body);
}

/** Answers 200 with a compressed form. `kept` has the headers of the uncompressed response. */
export function replyCompressed(
  exchange: Exchange,
  kept: KeptHeaders,
  { coding, bytes }: CompressedForm,
): Response {
  if (kept.coded?.coding !== coding) kept.coded = { coding, headers: codedHeaders(kept.plain, coding) };
  const { etag } = exchange.headers;
  if (etag !== undefined) exchange.headers.etag = codedTag(etag, coding);
  return replyWith(exchange, 200, kept.coded.headers, bytes);
}

/**
 * The headers of a response with a coding. It is another representation, so it has another ETag (RFC 9110 §8.8.3.3) and
 * another length, which the runtime sets.
 */
function codedHeaders(plain: Headers, coding: AnswerCoding): Headers {
  const headers = new Headers(plain);
  headers.set('content-encoding', coding);
  headers.delete('content-length');
  const etag = plain.get('etag');
  if (etag !== null) headers.set('etag', codedTag(etag, coding));
  return headers;
}

/**
 * Compresses a response that may be compressed, unless too many are being compressed. A response to HEAD is not: the
 * length and ETag that GET would have are unknown then, and omitted (RFC 9110 §9.3.2).
 */
export async function compressed(
  { client, headOnly, received }: Exchange,
  { coding, size, source }: Compressible,
  response: Response,
  encoding: AnswerEncoding,
): Promise<Response> {
  if (response.status !== 200) return response;
  if (headOnly) {
    const headers = new Headers(response.headers);
    for (const name of ['content-length', 'etag']) headers.delete(name);
    return new Response(ofUnknownLength(), { headers });
  }
  const read = async () => new Uint8Array(await response.arrayBuffer());
  const encoded = await encoding.encode(coding, { read, size, client });
  if (encoded === undefined) return response;
  const { bytes, isEncoded, release } = encoded;
  const headers = isEncoded ? codedHeaders(response.headers, coding) : response.headers;
  if (source !== undefined) source.compressed = { coding, bytes: isEncoded ? bytes : undefined };
  // Short content is in the socket's buffer at once. For a client that disconnected in the meantime, a runtime neither
  // reads nor cancels a stream.
  if (bytes.length > chunkSize && !received.signal.aborted)
    return new Response(inChunks(bytes, release), { headers });
  release();
  return new Response(bytes, { headers });
}

const chunkSize = 64 * 1024;

/** Streams bytes, and releases them when the client has received them. */
function inChunks(bytes: Uint8Array<ArrayBuffer>, release: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(bytes.subarray(at, at + chunkSize));
        at += chunkSize;
        if (at < bytes.length) return;
        controller.close();
        release();
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
}

function codedTag(etag: string, coding: AnswerCoding): string {
  return `${etag.slice(0, -1)}-${coding}"`;
}

const codedTags = new RegExp(`-(?:${answerCodings.join('|')})(?=")`, 'g');

/** A list of ETags, in which those of compressed responses are replaced by those of the uncompressed ones. */
export function withoutCodings(tags: string): string {
  return tags.includes('-') ? tags.replace(codedTags, '') : tags;
}

/** The headers of a 304, with the ETag of the client's representation (RFC 9110 §15.4.5). */
export function notModifiedHeaders<Headers extends { etag?: string }>(
  { request }: Exchange,
  headers: Headers,
): Headers {
  const { etag } = headers;
  const ifNoneMatch = request.headers.get('if-none-match');
  if (etag === undefined || ifNoneMatch === null || !ifNoneMatch.includes('-')) return headers;
  const tags = answerCodings.map((coding) => codedTag(etag, coding));
  return { ...headers, etag: tags.find((tag) => ifNoneMatch.includes(tag)) ?? etag };
}
