import { isFileName, maxFileNameLength, withoutBidiControls } from '../../naming/file-name.ts';
import { invalid } from '../failure.ts';

/**
 * Checks a file name. Headers, pages and the last segment of a URL contain it. It is never used as a path.
 *
 * @returns The name without bidirectional controls.
 * @throws Failure `invalid` for an empty name, a name over 255 characters, `.` and `..`, and a name with a slash, a
 *   backslash, a control character, a lone surrogate, or U+FFFD, which replaces bytes that are not UTF-8
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
