import { fitFileName } from '../../../naming/file-name.ts';
import { decodeText } from './decode-text.ts';
import { maxTextSize, mayBeText, showsText } from './kinds.ts';

/** Content to show: its metadata, and where its bytes are. Sizes are bytes. */
export type Content = {
  name: string | null;
  mediaType: string;
  size: number;
  /** Whether the bytes are text in a known encoding. */
  isText: boolean;
  /** The bytes as text, if that is shown. */
  text: string | null;
  /** The encoding of the text; `utf-8` if there is no text. */
  encoding: string;
  source: { kind: 'url'; href: string } | { kind: 'bytes'; blob: Blob };
};

/** The content of bytes that are in memory. */
export async function contentOf(
  blob: Blob,
  { name, mediaType }: { name: string | null; mediaType: string },
): Promise<Content> {
  const decoded =
    blob.size > maxTextSize ? undefined : decodeText(new Uint8Array(await blob.arrayBuffer()), mediaType);
  const isText =
    decoded !== undefined && (decoded.encoding === 'utf-8' || mayBeText({ mediaType, size: blob.size }));
  const metadata = { name, mediaType, size: blob.size, isText };
  return {
    ...metadata,
    text: decoded !== undefined && showsText(metadata) ? decoded.text : null,
    encoding: decoded?.encoding ?? 'utf-8',
    source: { kind: 'bytes', blob },
  };
}

/** A file name without control characters, direction controls and folders, so that it cannot look like another. */
export function safeName(name: string): string {
  const clean = name.replace(/[\p{Cc}\u2028\u2029]/gu, '').trim();
  return clean === '' ? '' : fitFileName(clean);
}
