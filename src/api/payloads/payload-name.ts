import { requireFileName } from '../../core/files/file-name.ts';

/**
 * The name of a payload, however it came. None, an empty one and `-`, which is what programs call their standard input,
 * are no name. U+FFFD is what is left of bytes that were not UTF-8: `_` takes its place.
 *
 * @throws Failure `invalid` for one that no file can have
 */
export function payloadName(name: string | undefined): string | undefined {
  if (name === undefined || name === '' || name === '-') return undefined;
  return requireFileName(name.replaceAll('\ufffd', '_'));
}

/** The name in the path of a `PUT /{name}`. Bytes that are not UTF-8 become U+FFFD (WHATWG Encoding, "UTF-8 decode"). */
export function nameInPath(path: string): string {
  const encoded = path.slice(1).replace(/\/$/, '');
  try {
    return decodeURIComponent(encoded);
  } catch {
    const bytes = encoded.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(bytes, 'latin1').toString();
  }
}
