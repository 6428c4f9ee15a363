import { Type } from '@sinclair/typebox';
import { readContentCoding } from '../../../core/coding/content-coding.ts';
import { Failure } from '../../../core/failure.ts';
import type { ContentCoding } from '../../../core/ports/coding/content-coding.ts';
import { contentCodings } from '../../../core/ports/coding/content-coding.ts';

/** The coding of a request's content (RFC 9110, section 8.4). @throws Failure `coding_refused` for an unknown one */
export function codingOf({ headers }: Request): ContentCoding | undefined {
  return readContentCoding(headers.get('content-encoding'));
}

/** Rejects codings, for a body that is neither decoded nor stored with its coding. @throws Failure `coding_refused` */
export function refuseCoding(request: Request): void {
  if (codingOf(request) !== undefined)
    throw new Failure('coding_refused', 'This request must not have a Content-Encoding');
}

/** The request header of a body that is decoded or stored with its coding. @param api Who defines it. */
export function contentEncodingHeader(api: string, description: string) {
  return Type.Optional(
    Type.String({ $id: `Content-Encoding.${api}`, description, enum: [...contentCodings] }),
  );
}
