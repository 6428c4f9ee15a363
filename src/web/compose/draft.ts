import { plainOnlyType, syntaxNamed } from '../shell/syntaxes.ts';
import { fileItem } from '../uploads/file-item.ts';
import type { Item, Terms } from '../uploads/upload.ts';

/** The state of the form. */
export type Draft = {
  /** The text when the form was last submitted. The text field has the current one. */
  text: string;
  /** The name of a syntax; '' to detect it. */
  syntax: string;
  files: Item[];
  /** Seconds. */
  ttl: number;
  /** As entered; '' for any number. */
  reads: string;
  isEncrypted: boolean;
  password: string;
  /** The payload key, if this server requires one; '' for none. */
  key: string;
  /** Whether the browser stores the key for longer than the tab exists. */
  isKeyKept: boolean;
};

export function firstDraft(defaultTtl: number): Draft {
  const empty = { text: '', files: [], syntax: '', reads: '', isEncrypted: false, password: '' };
  return { ...empty, key: '', isKeyKept: false, ttl: defaultTtl };
}

/**
 * A draft with the values of the form: users make choices before scripts run, and browsers restore earlier ones. Only
 * the form of a page without scripts has a named field for a file.
 */
export function withFormValues(draft: Draft, form: HTMLFormElement | null): Draft {
  if (form === null) return draft;
  const fields = new FormData(form);
  const field = (name: string) => String(fields.get(name) ?? '');
  const reads = field('max_reads');
  // Without a choice, the file has no name.
  const chosen = fields.getAll('file').filter((file) => file instanceof File && file.name !== '') as File[];
  return {
    ...draft,
    files: withFiles(
      draft.files,
      chosen.map((file) => fileItem(file)),
    ),
    ttl: Number(field('ttl')) || draft.ttl,
    reads: reads === otherReads ? draft.reads : reads,
    syntax: field('syntax'),
  };
}

/** The choice that shows a field for the number of reads. */
export const otherReads = 'other';

/** The next draft: with the same terms, except the password. */
export function nextDraft(draft: Draft): Draft {
  return { ...draft, text: '', files: [], password: '' };
}

/** Adds files, except those that were added before. */
export function withFiles(files: Item[], added: Item[]): Item[] {
  const known = new Set(files.map(fingerprint));
  return [...files, ...added.filter((item) => !known.has(fingerprint(item)))];
}

/** Identifies a file, as far as a page can. */
export function fingerprint({ path, content }: Item): string {
  return [path, content.size, content instanceof File ? content.lastModified : ''].join('\n');
}

/** The items of a draft, each of which becomes a payload of its own. */
export function itemsOfDraft({ text, syntax, files }: Draft): Item[] {
  return text === '' ? files : [textItem(text, syntax), ...files];
}

export function termsOfDraft({ ttl, reads, isEncrypted, password, key }: Draft): Terms {
  const maxReads = reads === '' ? null : Number(reads);
  return { ttl, maxReads, isEncrypted, password: isEncrypted ? password : '', key };
}

/** Whether the key looks like a payload key. Keys with more permissions should not be in a browser. */
export function hasValidKey({ key }: Draft): boolean {
  return /^pl_live_[\w-]{8,200}$/.test(key);
}

export function hasValidReads({ reads }: Draft): boolean {
  return reads === '' || (/^\d{1,9}$/.test(reads) && Number(reads) > 0);
}

function textItem(text: string, syntax: string): Item {
  return { content: new Blob([text]), name: null, path: '', type: typeOfText(text, syntax) };
}

/** The media type of a text with a chosen syntax. Without one, JSON is detected here, and the rest by the reader. */
export function typeOfText(text: string, syntax: string): string {
  if (syntax === 'plaintext') return plainOnlyType;
  const chosen = syntaxNamed(syntax);
  if (chosen !== undefined) return chosen.mediaType;
  return isJson(text) ? 'application/json' : 'text/plain';
}

/** The longest text that is parsed (UTF-16 units), so that the page does not hang. */
const maxParsedLength = 1_000_000;

function isJson(text: string): boolean {
  if (text.length > maxParsedLength || !/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
