import { plainOnlyType, syntaxNamed } from '../shell/syntaxes.ts';
import type { Item, Terms } from '../uploads/upload.ts';

/** What somebody is about to share. */
export type Draft = {
  /** As it was when it was last shared; what is being written is in its field. */
  text: string;
  /** The name of a syntax; '' to find out. */
  syntax: string;
  files: Item[];
  /** Seconds. */
  ttl: number;
  /** As it was typed; '' for any number. */
  reads: string;
  isSealed: boolean;
  password: string;
  /** What this server asks for, where it does; '' for none. */
  key: string;
  /** Whether the browser keeps it for longer than the tab. */
  isKeyKept: boolean;
};

export function firstDraft(defaultTtl: number): Draft {
  const empty = { text: '', files: [], syntax: '', reads: '', isSealed: false, password: '' };
  return { ...empty, key: '', isKeyKept: false, ttl: defaultTtl };
}

/** A draft on the terms that a form shows: before scripts run, and later than that, browsers enter what was chosen last. */
export function onShownTerms(draft: Draft, form: HTMLFormElement | null): Draft {
  if (form === null) return draft;
  const fields = new FormData(form);
  const field = (name: string) => String(fields.get(name) ?? '');
  const reads = field('max_reads');
  return {
    ...draft,
    ttl: Number(field('ttl')) || draft.ttl,
    reads: reads === otherReads ? draft.reads : reads,
    syntax: field('syntax'),
  };
}

/** What is chosen where the number of reads is in a field of its own. */
export const otherReads = 'other';

/** The next draft: on the same terms, which are a habit, but for the password, which is a secret. */
export function nextDraft(draft: Draft): Draft {
  return { ...draft, text: '', files: [], password: '' };
}

/** Files with others added to them, but none twice: to choose one again is a slip. */
export function withFiles(files: Item[], added: Item[]): Item[] {
  const known = new Set(files.map(fingerprint));
  return [...files, ...added.filter((item) => !known.has(fingerprint(item)))];
}

/** By this a file is known again, as far as a page can know. */
export function fingerprint({ path, content }: Item): string {
  return [path, content.size, content instanceof File ? content.lastModified : ''].join('\n');
}

/** Each of these becomes a payload of its own. */
export function itemsOfDraft({ text, syntax, files }: Draft): Item[] {
  return text === '' ? files : [textItem(text, syntax), ...files];
}

export function termsOfDraft({ ttl, reads, isSealed, password, key }: Draft): Terms {
  const maxReads = reads === '' ? null : Number(reads);
  return { ttl, maxReads, isSealed, password: isSealed ? password : '', key };
}

/** Whether it is a key for payloads, as far as a page can know: one of more power has no place in a browser. */
export function hasFitKey({ key }: Draft): boolean {
  return /^pl_live_[\w-]{8,200}$/.test(key);
}

export function hasReadableReads({ reads }: Draft): boolean {
  return reads === '' || (/^\d{1,9}$/.test(reads) && Number(reads) > 0);
}

function textItem(text: string, syntax: string): Item {
  return { content: new Blob([text]), name: null, path: '', type: typeOfText(text, syntax) };
}

/** The media type of a text under a chosen syntax. Without one, readers find out; what is JSON is known already. */
export function typeOfText(text: string, syntax: string): string {
  if (syntax === 'plaintext') return plainOnlyType;
  const chosen = syntaxNamed(syntax);
  if (chosen !== undefined) return chosen.mediaType;
  return isJson(text) ? 'application/json' : 'text/plain';
}

/** The longest text that is looked through (UTF-16 units): parsing it must not hold the page up. */
const longestParsed = 1_000_000;

function isJson(text: string): boolean {
  if (text.length > longestParsed || !/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
