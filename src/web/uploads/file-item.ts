import type { Item } from './upload.ts';

/** The most characters of a file name (the server's rule). */
const longestName = 255;

/** A file as it is shared: under a name that the server takes. */
export function fileItem(file: File, path = file.webkitRelativePath || file.name): Item {
  return { content: file, name: fitName(file.name), path, type: typeOf(file) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no name may have
const unfit = /[\x00-\x1f\x7f-\x9f\ufffd/\\\u2028\u2029]/g;

function fitName(name: string): string {
  const fit = [...name.toWellFormed().replace(unfit, '_')].slice(0, longestName).join('');
  return /^\.{0,2}$/.test(fit) ? '_' : fit;
}

/** Browsers take TypeScript for a film: so it is in the registry of types. No film is that short. */
function typeOf({ name, type, size }: File): string | undefined {
  if (/\.[cm]?tsx?$/.test(name) && size < 1_000_000) return 'text/x-typescript';
  return type || undefined;
}
