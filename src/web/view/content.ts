import { fitFileName } from '../../naming/file-name.ts';
import { decodeText } from './decode-text.ts';
import { largestText, mayBeText, showsText } from './kinds.ts';

/** Something to show: what is said of it, and where its bytes are. Sizes are bytes. */
export type Content = {
  name: string | null;
  mediaType: string;
  size: number;
  /** Whether the bytes are text in an encoding that is known. */
  isText: boolean;
  /** The bytes as text, where that is shown. */
  text: string | null;
  /** The encoding of the text; `utf-8` where there is none. */
  encoding: string;
  source: { kind: 'address'; href: string } | { kind: 'bytes'; blob: Blob };
};

/** Bytes that were read once and are kept, to be shown in whatever way. */
export async function contentOf(
  blob: Blob,
  { name, mediaType }: { name: string | null; mediaType: string },
): Promise<Content> {
  const decoded =
    blob.size > largestText ? undefined : decodeText(new Uint8Array(await blob.arrayBuffer()), mediaType);
  const isText =
    decoded !== undefined && (decoded.encoding === 'utf-8' || mayBeText({ mediaType, size: blob.size }));
  const about = { name, mediaType, size: blob.size, isText };
  return {
    ...about,
    text: decoded !== undefined && showsText(about) ? decoded.text : null,
    encoding: decoded?.encoding ?? 'utf-8',
    source: { kind: 'bytes', blob },
  };
}

/** A file name that cannot pretend to be another: without control characters, directions of writing, or folders. */
export function safeName(name: string): string {
  const clean = name.replace(/[\p{Cc}\u2028\u2029]/gu, '').trim();
  return clean === '' ? '' : fitFileName(clean);
}
