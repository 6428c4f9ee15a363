import { create as contentDisposition } from 'content-disposition';
import { Failure } from '../../core/failure.ts';
import { canonicalMediaType, safePresentation } from '../../core/media-type.ts';
import type { ByteRange } from '../../core/ports/blob-store.ts';
import { select, type Validators } from './conditional.ts';
import { type Exchange, reply } from './exchange.ts';

/** Bytes that somebody uploaded, as they are to be served. */
export type UserContent = {
  mediaType: string;
  isText: boolean;
  size: number;
  name: string | null;
  cacheControl: string;
  /** Missing where reads are counted: those have no conditional requests and no ranges. */
  validators?: Validators;
  /** Opens the bytes; called at most once, and not for HEAD or 304. */
  open(range?: ByteRange): Promise<string | Uint8Array | ReadableStream<Uint8Array>>;
};

/** No cache may keep user content past its expiry, nor long past a deletion (seconds). */
const longestCaching = 60;

/**
 * How long caches may keep something public that never changes but can be deleted.
 *
 * @param remaining Milliseconds until it expires.
 */
export function publicUntilExpiry(remaining: number): string {
  return `public, max-age=${Math.max(0, Math.min(longestCaching, Math.floor(remaining / 1000)))}`;
}

/**
 * Serves user content by RFC 9110, with headers under which nothing of it can run in this origin.
 *
 * @throws Failure `precondition_failed`, `range_not_satisfiable`
 */
export async function replyUserContent(exchange: Exchange, content: UserContent): Promise<Response> {
  const { size, validators } = content;
  const headers = { ...contentHeaders(content), 'cache-control': content.cacheControl };
  if (validators === undefined) return replyWhole(exchange, content, headers);
  const validated = {
    ...headers,
    etag: validators.etag,
    'last-modified': validators.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
  };
  const selection = select(exchange.request.headers, validators, size, !exchange.headOnly);
  switch (selection.kind) {
    case 'not-modified':
      return reply(exchange, 304, validated, null);
    case 'precondition-failed':
      throw new Failure('precondition_failed', 'A precondition of the request does not hold');
    case 'range-not-satisfiable':
      exchange.headers['Content-Range'] = `bytes */${size}`;
      throw new Failure('range_not_satisfiable', `The range is outside the content of ${size} bytes`);
    case 'range': {
      const { start, end } = selection.range;
      const partial = {
        ...validated,
        'content-range': `bytes ${start}-${end}/${size}`,
        'content-length': String(end - start + 1),
      };
      return reply(exchange, 206, partial, await openBody(content, selection.range));
    }
    case 'whole':
      return replyWhole(exchange, content, validated);
  }
}

async function replyWhole(
  exchange: Exchange,
  content: UserContent,
  headers: Record<string, string>,
): Promise<Response> {
  const whole = { ...headers, 'content-length': String(content.size) };
  return reply(exchange, 200, whole, exchange.headOnly ? null : await openBody(content));
}

async function openBody(content: UserContent, range?: ByteRange): Promise<BodyInit> {
  return (await content.open(range)) as BodyInit;
}

function contentHeaders({ mediaType, isText, name }: UserContent): Record<string, string> {
  const presentation = safePresentation(mediaType);
  const asAttachment = presentation === 'as-attachment';
  return {
    'content-type':
      presentation === 'as-text'
        ? 'text/plain; charset=utf-8'
        : withCharset(canonicalMediaType(mediaType), isText),
    ...((asAttachment || name !== null) && {
      'content-disposition': contentDisposition(name ?? undefined, {
        type: asAttachment ? 'attachment' : 'inline',
      }),
    }),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'cross-origin',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex',
  };
}

/** Without a charset browsers guess one for text, and guess wrong. */
function withCharset(mediaType: string, isText: boolean): string {
  return isText && /^text\/[^;]+$/i.test(mediaType) ? `${mediaType}; charset=utf-8` : mediaType;
}
