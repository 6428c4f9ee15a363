import { essenceOf, syntaxOf } from '../../shell/syntaxes.ts';

/** The ways to show content. */
type Kind = 'text' | 'markdown' | 'json' | 'table' | 'image' | 'audio' | 'video' | 'pdf' | 'other';

const images = new Set(['png', 'jpeg', 'gif', 'webp', 'avif', 'bmp', 'x-ms-bmp']);
const svg = 'image/svg+xml';
const texts: Record<string, Kind> = {
  'application/json': 'json',
  'text/json': 'json',
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
  'text/csv': 'table',
  'text/tab-separated-values': 'table',
};

/** Larger content is not shown as text, only offered as a download (bytes). */
export const maxTextSize = 20_000_000;
/** Larger content is shown as plain text, since rendering it would be slow (bytes). */
const maxJsonSize = 5_000_000;
const maxMarkdownSize = 1_000_000;
const maxTableSize = 1_000_000;

/**
 * Decides by the media type that the author declared. Text without a view of its own is shown as text. No type makes
 * content run.
 *
 * @param isText Whether the bytes are text in a known encoding.
 */
export function kindOf({ mediaType, isText, size }: Described): Kind {
  const essence = essenceOf(mediaType);
  const [type = '', subtype = ''] = essence.split('/');
  if (essence === svg) return isText ? 'image' : 'other';
  // Text can have such a type only by its file extension: `.ts` is a video type, and TypeScript.
  if (!isText) {
    if (type === 'image' && images.has(subtype)) return 'image';
    if (type === 'audio' || type === 'video') return type;
    if (essence === 'application/ogg') return 'audio';
  }
  if (essence === 'application/pdf') return 'pdf';
  if (!isText || size > maxTextSize) return 'other';
  const kind = texts[essence] ?? (essence.endsWith('+json') ? 'json' : 'text');
  const max = { json: maxJsonSize, markdown: maxMarkdownSize, table: maxTableSize }[kind as string];
  return max !== undefined && size > max ? 'text' : kind;
}

type Described = { mediaType: string; isText: boolean; size: number };

/**
 * Whether bytes that are not UTF-8 may be text: their media type is textual, and declares the encoding, or they begin
 * with a byte order mark.
 */
export function mayBeText({ mediaType, size }: { mediaType: string; size: number }): boolean {
  const isDeclared = /^text\//i.test(mediaType) || /;\s*charset=/i.test(mediaType);
  return size <= maxTextSize && (isDeclared || syntaxOf(mediaType) !== undefined);
}

/** Whether the page needs the text of the content, to show it or its source. */
export function showsText(content: Described): boolean {
  return isTextual(kindOf(content)) || (isSvg(content.mediaType) && content.isText);
}

function isTextual(kind: Kind): boolean {
  return kind === 'text' || kind === 'markdown' || kind === 'json' || kind === 'table';
}

export function isSvg(mediaType: string): boolean {
  return essenceOf(mediaType) === svg;
}
