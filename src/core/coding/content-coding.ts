import { Failure, invalid } from '../failure.ts';
import { type ContentCoding, contentCodings } from '../ports/coding/content-coding.ts';

/** The supported codings, as messages list them. */
export const namesOfCodings = contentCodings.join(', ');

/**
 * Parses the name of a content coding, or the value of Content-Encoding.
 *
 * @returns Undefined if there is none, or for `identity`.
 * @throws Failure `coding_refused` for an unsupported coding, and for a list
 */
export function readContentCoding(value: string | null | undefined): ContentCoding | undefined {
  const name = value?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return undefined;
  // RFC 9110, section 8.4.1.3: x-gzip is the same as gzip.
  const coding = contentCodings.find((known) => known === (name === 'x-gzip' ? 'gzip' : name));
  if (coding === undefined)
    throw new Failure('coding_refused', `Content-Encoding must be one of ${namesOfCodings}, and only one`);
  return coding;
}

export const contentCodingRule = `must be one of ${namesOfCodings}, or null`;

/** Parses a coding in a field of a request; null means none. @throws Failure `invalid` */
export function requireContentCoding(value: string | null | undefined): ContentCoding | null {
  try {
    return readContentCoding(value) ?? null;
  } catch {
    throw invalid('contentEncoding', contentCodingRule);
  }
}
