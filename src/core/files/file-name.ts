import { isFileName, maxFileNameLength, withoutBidiControls } from '../../naming/file-name.ts';
import { invalid } from '../failure.ts';

/**
 * Checks a file name. Headers, pages and the last segment of an address show it again, and it is never a path.
 *
 * @returns The name without controls of the direction of writing.
 * @throws Failure `invalid` for an empty one, one of over 255 characters, `.` and `..`, and one with a slash, a
 *   backslash, a control character, half a character, or U+FFFD, which stands for bytes that were not UTF-8
 */
export function requireFileName(name: string): string {
  const clean = withoutBidiControls(name);
  if (!isFileName(clean))
    throw invalid(
      'name',
      `must be a file name of 1 to ${maxFileNameLength} characters in UTF-8, without slashes and control characters`,
    );
  return clean;
}
