import { requireFileName } from '../../../core/files/file-name.ts';

/**
 * The name of a payload; undefined if it is empty or `-`, which programs send for their standard input. `_` replaces
 * U+FFFD, which bytes that are not UTF-8 become.
 *
 * @throws Failure `invalid` if no file can have this name
 */
export function payloadName(name: string | undefined): string | undefined {
  if (name === undefined || name === '' || name === '-') return undefined;
  return requireFileName(name.replaceAll('\ufffd', '_'));
}

/**
 * The name in the path of a `PUT /{name}`. Bytes that are not UTF-8 become U+FFFD (WHATWG Encoding, "UTF-8 decode").
 */
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
