import { plainOnlyType, syntaxNamed } from '../shell/syntaxes.ts';
import type { Item, Terms } from '../uploads/upload.ts';

/** What somebody is about to share. */
export type Draft = {
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
};

/** The draft to begin with: with what was typed and chosen before scripts ran, or was kept by the browser. */
export function firstDraft(defaultTtl: number): Draft {
  const draft = {
    text: '',
    syntax: '',
    files: [],
    ttl: defaultTtl,
    reads: '',
    isSealed: false,
    password: '',
  };
  // There is none on the server.
  const form = globalThis.document?.querySelector<HTMLFormElement>('.compose form');
  if (!form) return draft;
  const fields = new FormData(form);
  const field = (name: string) => String(fields.get(name) ?? '');
  const ttl = Number(field('ttl')) || defaultTtl;
  return { ...draft, ttl, reads: field('max_reads'), syntax: field('syntax'), text: field('text') };
}

/** The next draft: on the same terms, which are a habit, but for the password, which is a secret. */
export function nextDraft(draft: Draft): Draft {
  return { ...draft, text: '', files: [], password: '' };
}

/** Each of these becomes a payload of its own. */
export function itemsOfDraft({ text, syntax, files }: Draft): Item[] {
  return text === '' ? files : [textItem(text, syntax), ...files];
}

export function termsOfDraft({ ttl, reads, isSealed, password }: Draft): Terms {
  return { ttl, maxReads: reads === '' ? null : Number(reads), isSealed, password: isSealed ? password : '' };
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
