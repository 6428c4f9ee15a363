import { create as contentDisposition } from 'content-disposition';
import { safePresentation, servedMediaType } from '../../../core/coding/media-type.ts';
import { Failure, preconditionFailed } from '../../../core/failure.ts';
import type { ByteRange } from '../../../core/ports/content/blob-store.ts';
import { andThen, type MaybePromise } from '../../../core/ports/maybe-promise.ts';
import { withoutBidiControls } from '../../../naming/file-name.ts';
import { type Exchange, type KeptHeaders, keptHeaders, nosniff, reply, replyWith } from '../exchange.ts';
import type { KeptSource } from './compressible.ts';
import { allowCompression, notModifiedHeaders, replyCompressed, varyByCoding } from './compression.ts';
import { select, type Validators } from './conditional.ts';

type ContentBytes = string | Uint8Array | ReadableStream<Uint8Array>;

/** Uploaded content with the properties of its response. If it is cached, so are the headers made of it. */
export type UserContent = {
  mediaType: string;
  /** The coding of the bytes. Size and ranges refer to the coded bytes. */
  contentEncoding?: string | null;
  isText: boolean;
  size: number;
  name: string | null;
  cacheControl: string;
  /** Absent if reads are counted: then there are no conditional requests and no ranges. */
  validators?: Validators;
  /** Whether the request has a key: a program does not need the headers for crawlers and linking pages. */
  withKey?: boolean;
  /** Set if the response may be compressed; `source` is the content if it is cached. */
  compression?: { source?: KeptSource };
  /** Additional headers. */
  headers?: Record<string, string>;
  /** Set by the first response with all of the content. */
  wholeHeaders?: KeptHeaders;
};

/** Opens the content; called at most once, and not for HEAD or 304. */
type Open = (range?: ByteRange) => MaybePromise<ContentBytes>;

/** The maximum age in caches (seconds), so that no cache keeps user content long after a deletion. */
const maxCacheAge = 60;

/**
 * The `Cache-Control` of public content that never changes but can be deleted.
 *
 * @param remaining Milliseconds until it expires.
 */
export function publicUntilExpiry(remaining: number): string {
  return `public, max-age=${Math.max(0, Math.min(maxCacheAge, Math.floor(remaining / 1000)))}`;
}

/**
 * Serves user content by RFC 9110, with headers that prevent it from running in this origin. If the content opens
 * synchronously, so does the response.
 *
 * @throws Failure `precondition_failed`, `range_not_satisfiable`
 */
export function replyUserContent(
  exchange: Exchange,
  content: UserContent,
  open: Open,
): MaybePromise<Response> {
  const { size, validators } = content;
  if (validators === undefined) return replyWhole(exchange, content, open);
  const selection = select(exchange.request.headers, validators, size, !exchange.headOnly);
  switch (selection.kind) {
    case 'not-modified':
      if (isCompressible(content)) varyByCoding(exchange, size);
      return reply(exchange, 304, notModifiedHeaders(exchange, headersOf(content)), null);
    case 'precondition-failed':
      throw preconditionFailed();
    case 'range-not-satisfiable':
      exchange.headers['Content-Range'] = `bytes */${size}`;
      throw new Failure('range_not_satisfiable', `The range is outside the content of ${size} bytes`);
    case 'range': {
      const { start, end } = selection.range;
      if (isCompressible(content)) varyByCoding(exchange, size);
      const partial = {
        ...headersOf(content),
        'content-range': `bytes ${start}-${end}/${size}`,
        'content-length': String(end - start + 1),
      };
      return replyBytes(exchange, 206, partial, open(selection.range));
    }
    case 'whole':
      return replyWhole(exchange, content, open);
  }
}

function replyWhole(exchange: Exchange, content: UserContent, open: Open): MaybePromise<Response> {
  const form = isCompressible(content)
    ? allowCompression(exchange, content.size, content.compression?.source)
    : undefined;
  const headers = wholeHeaders(content);
  if (form !== undefined) return replyCompressed(exchange, headers, form);
  if (exchange.headOnly) return replyWith(exchange, 200, headers.plain, null);
  const answer = (bytes: ContentBytes) => replyWith(exchange, 200, headers.plain, bytes as BodyInit);
  return andThen(open(), answer);
}

/** Only public text without counted reads is compressed. */
function isCompressible({ compression, isText, contentEncoding, validators }: UserContent): boolean {
  return compression !== undefined && isText && !contentEncoding && validators !== undefined;
}

function replyBytes(
  exchange: Exchange,
  status: number,
  headers: Record<string, string>,
  opened: MaybePromise<ContentBytes>,
): MaybePromise<Response> {
  const answer = (bytes: ContentBytes) => reply(exchange, status, headers, bytes as BodyInit);
  return andThen(opened, answer);
}

/** The headers of a response with the whole content, made once. */
function wholeHeaders(content: UserContent): KeptHeaders {
  content.wholeHeaders ??= keptHeaders({ ...headersOf(content), 'content-length': String(content.size) });
  return content.wholeHeaders;
}

function headersOf(content: UserContent): Record<string, string> {
  const { validators, cacheControl, headers } = content;
  return {
    ...headers,
    ...contentHeaders(content),
    'cache-control': cacheControl,
    ...(validators && {
      etag: validators.etag,
      'last-modified': validators.lastModified.toUTCString(),
      'accept-ranges': 'bytes',
    }),
  };
}

function contentHeaders({
  mediaType,
  contentEncoding,
  isText,
  name,
  withKey,
}: UserContent): Record<string, string> {
  const presentation = safePresentation(mediaType);
  const asAttachment = presentation === 'as-attachment';
  return {
    'content-type': servedMediaType(mediaType, presentation, isText),
    ...(contentEncoding && { 'content-encoding': contentEncoding }),
    ...((asAttachment || name !== null) && {
      'content-disposition': dispositionOf(asAttachment ? 'attachment' : 'inline', name),
    }),
    ...nosniff,
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'cross-origin',
    ...(!withKey && { 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' }),
  };
}

/**
 * By RFC 6266. For programs that do not support `filename*`, `_` replaces characters that are not ASCII, because every
 * file system accepts it, and the percent sign, which some would decode.
 */
function dispositionOf(type: 'attachment' | 'inline', name: string | null): string {
  if (name === null) return contentDisposition(undefined, { type });
  if (/^[\x20-\x24\x26-\x7e]*$/.test(name)) return contentDisposition(name, { type });
  const clean = withoutBidiControls(name);
  return contentDisposition(clean, { type, fallback: clean.replaceAll(/[^\x20-\x7e]|%/gu, '_') });
}
