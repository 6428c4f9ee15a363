import { invalid } from '../failure.ts';

/** Characters that a file name may have, as seed 003 has it for `fileName`. */
const mostCharacters = 255;

/**
 * Checks a file name. It is told again in headers, on pages and as the last segment of an address, and is never
 * a path.
 *
 * @throws Failure `invalid` for an empty one, one of over 255 characters, `.` and `..`, and one with a slash, a
 *   backslash, a control character, or half a character
 */
export function requireFileName(name: string): string {
  // A character may be two units long: so many units cannot be too many characters.
  const isTooLong = name.length > mostCharacters && [...name].length > mostCharacters;
  if (name === '' || isTooLong || name === '.' || name === '..' || unfit.test(name) || !name.isWellFormed())
    throw invalid(
      'name',
      `must be a file name of 1 to ${mostCharacters} characters, without slashes and control characters`,
    );
  return name;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const unfit = /[\x00-\x1f\x7f-\x9f\ufffd/\\\u2028\u2029]/;
