import { parse as parseDisposition } from 'content-disposition';
import type { ByteRange } from './payload-types.ts';

/** Asks for a part of the content, if it is still the one that the ETag is of. */
export function rangeHeaders(range: ByteRange | undefined, ifRange: string | undefined) {
  if (range === undefined) return {};
  return { range: `bytes=${range.start}-${range.end ?? ''}`, 'if-range': ifRange };
}

/** Bytes of the whole content, also where a part of it came; undefined where it came compressed by somebody. */
export function sizeTold(headers: Headers): number | undefined {
  return headers.has('content-encoding') ? undefined : storedSize(headers);
}

/** The same of bytes that come as they are stored, in whatever coding. */
export function storedSize(headers: Headers): number | undefined {
  const size = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] ?? headers.get('content-length');
  return size === null ? undefined : Number(size);
}

/** The file name that came along. */
export function nameOf(headers: Headers): string | undefined {
  try {
    return parseDisposition(headers.get('content-disposition') ?? '').parameters.filename;
  } catch {
    return undefined;
  }
}

export function bodyOf({ status, body }: Response): {
  status: 200 | 206;
  stream: ReadableStream<Uint8Array>;
} {
  return { status: status === 206 ? 206 : 200, stream: body ?? new Blob().stream() };
}
