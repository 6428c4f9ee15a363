import { Failure, invalid } from '../failure.ts';
import { type ContentCoding, contentCodings } from '../ports/content-coding.ts';

/** Their names, as messages list them. */
export const namesOfCodings = contentCodings.join(', ');

/**
 * Reads the name of a content coding, or the value of Content-Encoding.
 *
 * @returns Undefined where there is none; `identity` is none.
 * @throws Failure `coding_refused` for any other coding, and for a list of several
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

/** What a field with a coding has to be. */
export const contentCodingRule = `must be one of ${namesOfCodings}, or null`;

/** Reads a coding that a field of a request names; null is none. @throws Failure `invalid` */
export function requireContentCoding(value: string | null | undefined): ContentCoding | null {
  try {
    return readContentCoding(value) ?? null;
  } catch {
    throw invalid('contentEncoding', contentCodingRule);
  }
}
