import type { Static } from '@sinclair/typebox';
import { formatTime } from '../../../core/expiry.ts';
import { Failure } from '../../../core/failure.ts';
import type { OpenedPayload } from '../../../core/payloads/payloads.ts';
import type { StoredPayload } from '../../../core/ports/payload-store.ts';
import type { KeptSource } from '../../shared/answers/compressible.ts';
import { asJson, type Json } from '../../shared/endpoints/endpoint.ts';
import type { Payload } from '../schemas.ts';

type Content = Static<typeof Payload>;

/**
 * A payload as JSON text: a string for inline content, a stream for other content, so that a large payload is never
 * held in memory.
 */
export function readBody({ payload, bytes }: OpenedPayload): Json<Content> {
  if (bytes instanceof ReadableStream) return asJson(streamed(payload, bytes));
  return bodyOf(payload, bytes);
}

/** The parts of a response that are cached with their payload. */
type KeptAnswer = KeptSource & { body?: Json<Content, string> };

const keptAnswers = new WeakMap<StoredPayload, KeptAnswer>();

/** The cached response for a payload that is cached itself. */
export function keptAnswer(payload: StoredPayload): KeptAnswer {
  const known = keptAnswers.get(payload);
  if (known !== undefined) return known;
  const answer = {};
  keptAnswers.set(payload, answer);
  return answer;
}

export function keptBody(
  answer: KeptAnswer,
  payload: StoredPayload,
  content: string | Uint8Array,
): Json<Content, string> {
  if (answer.body !== undefined) return answer.body;
  const body = bodyOf(payload, content);
  // Do not cache text that is much longer than the content, which is what the cache counts.
  if (body.length <= payload.size + 1024) answer.body = body;
  return body;
}

function bodyOf(payload: StoredPayload, bytes: string | Uint8Array): Json<Content, string> {
  const encoding = payload.isText ? 'utf8' : 'base64';
  const content = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString(encoding);
  const body: Content = { content, ...describedBody(payload) };
  return asJson(JSON.stringify(body));
}

/** @throws Failure `too_large` for content of a shell upload that only `/raw` serves */
export function requireReadableAsJson({ size }: StoredPayload, limit: number): void {
  if (size > limit)
    throw new Failure(
      'too_large',
      `Content over ${limit} bytes is not served as JSON; read it at /raw/{hash_id}`,
    );
}

function describedBody(payload: StoredPayload) {
  return {
    mime_type: payload.mediaType,
    expiry_time: formatTime(payload.expiresAt),
    ...(!payload.isText && { encoding: 'base64' as const }),
    ...(payload.readsLeft !== null && { reads_left: payload.readsLeft }),
  };
}

function streamed(payload: StoredPayload, bytes: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const encode = payload.isText ? jsonTextEncoder() : base64Encoder();
  const description = JSON.stringify(describedBody(payload)).slice(1);
  return bytes.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode('{"content":"')),
      transform: (chunk, controller) => controller.enqueue(encoder.encode(encode(chunk, false))),
      flush: (controller) =>
        controller.enqueue(encoder.encode(`${encode(new Uint8Array(0), true)}",${description}`)),
    }),
  );
}

type ChunkEncoder = (chunk: Uint8Array, isLast: boolean) => string;

/** Encodes the inside of a JSON string; the decoder holds back a code point that is split between chunks. */
function jsonTextEncoder(): ChunkEncoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return (chunk, isLast) => JSON.stringify(decoder.decode(chunk, { stream: !isLast })).slice(1, -1);
}

/** Encodes groups of three bytes; the rest waits for the next chunk. */
function base64Encoder(): ChunkEncoder {
  let rest = Buffer.alloc(0);
  return (chunk, isLast) => {
    const bytes = Buffer.concat([rest, chunk]);
    const end = isLast ? bytes.length : bytes.length - (bytes.length % 3);
    rest = bytes.subarray(end);
    return bytes.subarray(0, end).toString('base64');
  };
}
