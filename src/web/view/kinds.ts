import { essenceOf, syntaxOf } from '../shell/syntaxes.ts';

/** In which way content is shown. */
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

/** What is longer than this is not shown as text, only handed over (bytes). */
export const largestText = 20_000_000;
/** What is longer than this is shown as plain text, since a tree of it would be slow (bytes). */
const largestTree = 5_000_000;
const largestMarkdown = 1_000_000;
const largestTable = 1_000_000;

/**
 * Decides by the type that whoever shared it named; what has no view of its own and is text is shown as text. Nothing of
 * it ever runs, whatever the type says.
 *
 * @param isText Whether the bytes are text in an encoding that is known.
 */
export function kindOf({ mediaType, isText, size }: Described): Kind {
  const essence = essenceOf(mediaType);
  const [type = '', subtype = ''] = essence.split('/');
  if (essence === svg) return isText ? 'image' : 'other';
  // Text under such a type has it by the ending of its name only: `.ts` is a video to some, and source to others.
  if (!isText) {
    if (type === 'image' && images.has(subtype)) return 'image';
    if (type === 'audio' || type === 'video') return type;
    if (essence === 'application/ogg') return 'audio';
  }
  if (essence === 'application/pdf') return 'pdf';
  if (!isText || size > largestText) return 'other';
  const kind = texts[essence] ?? (essence.endsWith('+json') ? 'json' : 'text');
  const most = { json: largestTree, markdown: largestMarkdown, table: largestTable }[kind as string];
  return most !== undefined && size > most ? 'text' : kind;
}

type Described = { mediaType: string; isText: boolean; size: number };

/**
 * Whether bytes that are not UTF-8 may be text all the same: by their type they are, and the encoding is declared in it
 * or marked by their first bytes.
 */
export function mayBeText({ mediaType, size }: { mediaType: string; size: number }): boolean {
  const isDeclared = /^text\//i.test(mediaType) || /;\s*charset=/i.test(mediaType);
  return size <= largestText && (isDeclared || syntaxOf(mediaType) !== undefined);
}

/** Whether a page shows content, or its source, from its text. */
export function showsText(content: Described): boolean {
  return isTextual(kindOf(content)) || (isSvg(content.mediaType) && content.isText);
}

function isTextual(kind: Kind): boolean {
  return kind === 'text' || kind === 'markdown' || kind === 'json' || kind === 'table';
}

export function isSvg(mediaType: string): boolean {
  return essenceOf(mediaType) === svg;
}
