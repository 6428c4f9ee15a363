import { parse as parseDisposition } from 'content-disposition';
import type { ByteRange } from '../payloads/payload-types.ts';

/** Requests a range of the content, if the content still has the ETag. */
export function rangeHeaders(range: ByteRange | undefined, ifRange: string | undefined) {
  if (range === undefined) return {};
  return { range: `bytes=${range.start}-${range.end ?? ''}`, 'if-range': ifRange };
}

/** The size of the whole content, also of a range response; undefined if the response is compressed. */
export function decodedSize(headers: Headers): number | undefined {
  return headers.has('content-encoding') ? undefined : storedSize(headers);
}

/** The size of the whole content as it is stored, in its content coding. */
export function storedSize(headers: Headers): number | undefined {
  const size = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] ?? headers.get('content-length');
  return size === null ? undefined : Number(size);
}

/** The file name in `Content-Disposition`. */
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
