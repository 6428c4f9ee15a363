/** The maximum length of a file name (code points). */
export const maxFileNameLength = 255;

// biome-ignore lint/suspicious/noControlCharactersInRegex: names must not contain control characters
const forbidden = /[\x00-\x1f\x7f-\x9f\ufffd/\\\u2028\u2029]/;
const everyForbidden = new RegExp(forbidden, 'g');

/** They change the text direction (Unicode, UAX #9), so that `a\u202efdp.exe` is shown as `aexe.pdf`. */
const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function withoutBidiControls(name: string): string {
  return name.replace(bidiControls, '');
}

/** Whether this is a valid file name: 1 to 255 characters, not a path, and without forbidden characters. */
export function isFileName(name: string): boolean {
  // `length` counts UTF-16 units, of which there are at least as many as code points. Checking it first is cheaper.
  const isTooLong = name.length > maxFileNameLength && [...name].length > maxFileNameLength;
  return !isTooLong && !/^\.{0,2}$/.test(name) && !forbidden.test(name) && name.isWellFormed();
}

/** Turns the name of a local file into a valid file name: forbidden characters become `_`. */
export function fitFileName(name: string): string {
  const clean = withoutBidiControls(name.toWellFormed()).replace(everyForbidden, '_');
  const fit = [...clean].slice(0, maxFileNameLength).join('');
  return isFileName(fit) ? fit : '_';
}
