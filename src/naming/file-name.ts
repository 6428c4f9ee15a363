/** The most characters (code points) of a file name. */
export const longestFileName = 255;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no name may have
const unfit = /[\x00-\x1f\x7f-\x9f\ufffd/\\\u2028\u2029]/;
const everyUnfit = new RegExp(unfit, 'g');

/** They change the direction of writing (Unicode, UAX #9), so that `a\u202efdp.exe` is shown as `aexe.pdf`. */
const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function withoutBidiControls(name: string): string {
  return name.replace(bidiControls, '');
}

/** Whether a file can have this name: 1 to 255 characters, no path, and nothing that could not be shown or sent. */
export function isFileName(name: string): boolean {
  // A character may be two units long: so many units cannot be too many characters.
  const isTooLong = name.length > longestFileName && [...name].length > longestFileName;
  return !isTooLong && !/^\.{0,2}$/.test(name) && !unfit.test(name) && name.isWellFormed();
}

/** A name that `isFileName` accepts, made of that of a local file: what no name may have becomes `_`. */
export function fitFileName(name: string): string {
  const clean = withoutBidiControls(name.toWellFormed()).replace(everyUnfit, '_');
  const fit = [...clean].slice(0, longestFileName).join('');
  return isFileName(fit) ? fit : '_';
}
