import fresh from 'fresh';
import parseRange from 'range-parser';
import type { ByteRange } from '../../../core/ports/content/blob-store.ts';
import { optionalText } from '../endpoints/schemas.ts';
import { withoutCodings } from './compression.ts';
import { parseHttpDate } from './http-date.ts';

/** The validators that conditional and range requests are compared with. */
export type Validators = { etag: string; lastModified: Date };

type Selection =
  | { kind: 'whole' }
  | { kind: 'range'; range: ByteRange }
  | { kind: 'not-modified' }
  | { kind: 'precondition-failed' }
  | { kind: 'range-not-satisfiable' };

/**
 * Decides what a GET or HEAD selects, in the order of RFC 9110, section 13.2.2.
 *
 * @param isGet Only GET supports ranges (section 14.2).
 */
export function select(headers: Headers, validators: Validators, size: number, isGet: boolean): Selection {
  if (preconditionFails(headers, validators)) return { kind: 'precondition-failed' };
  if (isNotModified(headers, validators)) return { kind: 'not-modified' };
  const range = isGet ? headers.get('range') : null;
  if (range === null || !ifRangeHolds(headers, validators)) return { kind: 'whole' };
  const ranges = parseRange(size, withSuffixCut(range, size), { combine: true });
  if (ranges === -1) return { kind: 'range-not-satisfiable' };
  // A server may ignore malformed ranges, other units and several ranges (RFC 9110, section 14.2).
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1 || !ranges[0]) return { kind: 'whole' };
  return { kind: 'range', range: ranges[0] };
}

/** A suffix longer than the content selects all of it (RFC 9110, section 14.1.2), which the parser does not support. */
function withSuffixCut(range: string, size: number): string {
  const suffix = /^bytes=-(\d+)$/.exec(range.trim())?.[1];
  return suffix !== undefined && Number(suffix) > size ? `bytes=-${size}` : range;
}

function preconditionFails(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifMatch = headers.get('if-match');
  if (ifMatch !== null) {
    // A response with a range is never compressed. A client with a compressed part must not continue with other bytes.
    const tags = headers.has('range') ? ifMatch : withoutCodings(ifMatch);
    return tags.trim() !== '*' && !tags.split(',').some((candidate) => candidate.trim() === etag);
  }
  const unmodifiedSince = dateIn(headers, 'if-unmodified-since');
  return unmodifiedSince !== undefined && wholeSeconds(lastModified) > unmodifiedSince;
}

/** Whether the client's copy is current (RFC 9110, sections 13.1.2 and 13.1.3). */
export function isNotModified(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== null) return fresh({ 'if-none-match': withoutCodings(ifNoneMatch) }, { etag });
  const modifiedSince = dateIn(headers, 'if-modified-since');
  return modifiedSince !== undefined && wholeSeconds(lastModified) <= modifiedSince;
}

/** Whether a range fits the client's copy. A range of other content would corrupt the copy (RFC 9110, 13.1.5). */
function ifRangeHolds(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifRange = headers.get('if-range');
  if (ifRange === null) return true;
  if (ifRange.includes('"')) return ifRange === etag;
  return parseHttpDate(ifRange) === wholeSeconds(lastModified);
}

/** The date of a header; undefined if it is not an HTTP-date (RFC 9110, sections 13.1.3 and 13.1.4). */
export function dateIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  return text === null ? undefined : parseHttpDate(text);
}

function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}

/** The request header of a read that can be answered with 304, for the definitions of endpoints. */
export const ifNoneMatchHeader = {
  'If-None-Match': optionalText('An ETag. If the content still has it, the response is 304.'),
};
