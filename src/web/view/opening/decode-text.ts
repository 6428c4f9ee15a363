/** The byte order marks (WHATWG Encoding, 6: BOM sniff). */
const marks: [encoding: string, bytes: number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
];

/** A text, and the encoding of its bytes. */
type DecodedText = { text: string; encoding: string };

/**
 * Decodes bytes by their byte order mark, else by the charset of their media type, else as UTF-8, in the order of
 * WHATWG Encoding ("decode"). The mark is not part of the text.
 *
 * @returns undefined if the bytes are not text, or the encoding is unknown
 */
export function decodeText(bytes: Uint8Array, mediaType: string): DecodedText | undefined {
  const marked = marks.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0];
  const declared = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(mediaType)?.[1];
  const encodings = marked ? [marked] : declared ? [declared, 'utf-8'] : ['utf-8'];
  for (const encoding of encodings)
    try {
      const decoder = new TextDecoder(encoding, { fatal: true });
      return { text: decoder.decode(bytes), encoding: decoder.encoding };
    } catch {
      // The label is unknown, or the bytes are not in this encoding. Try the next one.
    }
  return undefined;
}
