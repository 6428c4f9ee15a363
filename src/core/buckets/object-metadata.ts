import { invalid } from '../failure.ts';

/** The maximum size of the names and values of an object's metadata, as in S3 (bytes). */
const maxBytes = 2048;

/**
 * Checks that headers can carry the metadata.
 *
 * @returns The metadata with lowercase names.
 * @throws Failure `invalid`
 */
export function requireObjectMetadata(metadata: Record<string, string>): Record<string, string> {
  let bytes = 0;
  const named: [string, string][] = [];
  for (const [name, value] of Object.entries(metadata)) {
    const lowerCase = name.toLowerCase();
    if (!/^[a-z0-9_-]{1,64}$/.test(lowerCase))
      throw invalid('metadata', 'must have names of 1 to 64 letters, digits, hyphens and underscores');
    if (!/^[\x20-\x7e]*$/.test(value)) throw invalid('metadata', 'must have values of printable ASCII');
    bytes += lowerCase.length + value.length;
    named.push([lowerCase, value]);
  }
  if (bytes > maxBytes) throw invalid('metadata', `must be at most ${maxBytes} bytes, names and values`);
  return Object.fromEntries(named);
}
