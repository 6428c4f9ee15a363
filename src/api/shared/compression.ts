import type { AnswerEncoding } from '../../core/answer-encoding.ts';
import { type AnswerCoding, answerCodings } from '../../core/ports/content-coding.ts';
import type { CompressedForm, Compressible, KeptSource } from './compressible.ts';
import { type Exchange, type KeptHeaders, ofUnknownLength, replyWith, varyBy } from './exchange.ts';
import { chooseCoding } from './negotiation.ts';

/** Shorter text gains nothing, longer would take too long and too much memory (bytes). */
const smallest = 1024;
const largest = 16 * 1024 * 1024;

/** Clients send a handful of values: each is read once. */
const chosen = new Map<string, AnswerCoding | null>();
const mostChosen = 256;

function codingFor(acceptEncoding: string): AnswerCoding | undefined {
  const known = chosen.get(acceptEncoding);
  if (known !== undefined) return known ?? undefined;
  const coding = chooseCoding(acceptEncoding, answerCodings) ?? null;
  if (chosen.size >= mostChosen) chosen.clear();
  chosen.set(acceptEncoding, coding);
  return coding ?? undefined;
}

/**
 * Adds `Accept-Encoding` to `Vary` where text of this size may be compressed. For answers that never are compressed, but
 * have the `Vary` of the 200 that GET would have: 304 and 206 (RFC 9110 §15.4.5, §15.3.7).
 *
 * @param size In bytes, or in characters.
 * @returns Whether it may be compressed.
 */
export function varyByCoding(exchange: Exchange, size: number): boolean {
  if (size < smallest || size > largest) return false;
  varyBy(exchange, 'Accept-Encoding');
  return true;
}

/**
 * Says that the answer is text that is the same for everybody and holds no secret, so that it may be compressed: an
 * answer with a token and with something of the client's choice would give the token away by its length (BREACH).
 * To be called before the answer is made.
 *
 * @param size In bytes, or in characters.
 * @param source Where the text stays in memory: its compressed form is kept with it.
 * @returns The compressed form where it is kept.
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

/** Answers 200 with text that may be compressed: as `allowCompression` says, and at once where it is kept. */
export function replyCompressible(
  exchange: Exchange,
  headers: KeptHeaders,
  body: string | Uint8Array<ArrayBuffer>,
  source?: KeptSource,
): Response {
  const form = allowCompression(exchange, body.length, source);
  return form ? replyCompressed(exchange, headers, form) : replyWith(exchange, 200, headers.plain, body);
}

/** Answers 200 with a compressed form. `kept` are the headers of the answer as it is. */
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
 * The headers of an answer in a coding: another representation has another ETag (RFC 9110 §8.8.3.3), and a length that
 * the runtime sees for itself.
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
 * Compresses an answer that may be, unless too many are compressed at this moment. What HEAD asks for is not: which
 * length and ETag GET would have is not known then, and not said (RFC 9110 §9.3.2).
 */
export async function compressed(
  { client, headOnly, received }: Exchange,
  { coding, size, source }: Compressible,
  answer: Response,
  encoding: AnswerEncoding,
): Promise<Response> {
  if (answer.status !== 200) return answer;
  if (headOnly) {
    const headers = new Headers(answer.headers);
    for (const name of ['content-length', 'etag']) headers.delete(name);
    return new Response(ofUnknownLength(), { headers });
  }
  const read = async () => new Uint8Array(await answer.arrayBuffer());
  const encoded = await encoding.encode(coding, { read, size, client });
  if (encoded === undefined) return answer;
  const { bytes, isEncoded, release } = encoded;
  const headers = isEncoded ? codedHeaders(answer.headers, coding) : answer.headers;
  if (source !== undefined) source.compressed = { coding, bytes: isEncoded ? bytes : undefined };
  // What is short is in the socket's buffer at once.
  // A runtime takes no stream for a client that went away meanwhile, and cancels none.
  if (bytes.length > pieceSize && !received.signal.aborted)
    return new Response(inPieces(bytes, release), { headers });
  release();
  return new Response(bytes, { headers });
}

const pieceSize = 64 * 1024;

/** Bytes that are held until a client has taken them, however slowly. */
function inPieces(bytes: Uint8Array<ArrayBuffer>, release: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(bytes.subarray(at, at + pieceSize));
        at += pieceSize;
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

/** A list of ETags, with those of compressed answers in the place of which the plain one is looked for. */
export function withoutCodings(tags: string): string {
  return tags.includes('-') ? tags.replace(codedTags, '') : tags;
}

/** The headers of a 304, with the ETag of the representation that the client has (RFC 9110 §15.4.5). */
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
