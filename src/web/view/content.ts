import { longestFileName, withoutBidiControls } from '../../naming/file-name.ts';
import { largestText, showsText } from './kinds.ts';

/** Something to show: what is said of it, and where its bytes are. Sizes are bytes. */
export type Content = {
  name: string | null;
  mediaType: string;
  size: number;
  /** Whether the bytes are valid UTF-8. */
  isText: boolean;
  /** The bytes as text, where that is shown. */
  text: string | null;
  source: { kind: 'address'; href: string } | { kind: 'bytes'; blob: Blob };
};

/** Bytes that were read once and are kept, to be shown in whatever way. */
export async function contentOf(
  blob: Blob,
  { name, mediaType }: { name: string | null; mediaType: string },
): Promise<Content> {
  const text = blob.size > largestText ? null : await textIn(blob);
  const about = { name, mediaType, size: blob.size, isText: text !== null };
  return {
    ...about,
    text: showsText(about) ? text : null,
    source: { kind: 'bytes', blob },
  };
}

/** Bytes as text, or null where they are not valid UTF-8. */
async function textIn(blob: Blob): Promise<string | null> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await blob.arrayBuffer());
  } catch {
    return null;
  }
}

/** A file name that cannot pretend to be another: without control characters, directions of writing, or folders. */
export function safeName(name: string): string {
  const clean = withoutBidiControls(name)
    .replace(/[\p{Cc}\u2028\u2029]/gu, '')
    .replace(/[/\\]/g, '_')
    .trim();
  return clean.slice(0, longestFileName);
}
