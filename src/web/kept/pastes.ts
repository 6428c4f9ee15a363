import { keptList } from './kept-list.ts';

/** What was shared from this browser. Times are milliseconds since the epoch, sizes bytes. */
export type KeptPaste = {
  id: string;
  /** With the secret in its fragment, where the content is sealed. */
  url: string;
  name: string | null;
  /** The media type of the content, not of the sealed file. */
  type: string;
  /** Of the content, not of the sealed file. */
  size: number;
  createdAt: number;
  expiresAt: number;
  maxReads: number | null;
  deleteToken: string;
  sealed: boolean;
};

const mostPastes = 500;

const list = keptList('mayfly.pastes', isKeptPaste, mostPastes);

/** Newest first. */
export const allPastes = list.all;
/** Calls back at every change, also by another tab. Returns what ends that. */
export const watchPastes = list.watch;

/** @returns whether it could be kept */
export function keepPaste(paste: KeptPaste): boolean {
  return keepPastes([paste]);
}

/** Adds pastes, or puts them in the place of those with the same ids. @returns whether they could be kept */
export function keepPastes(pastes: KeptPaste[]): boolean {
  const ids = new Set(pastes.map(({ id }) => id));
  const others = list.all().filter(({ id }) => !ids.has(id));
  const all = [...pastes, ...others].toSorted((one, other) => other.createdAt - one.createdAt);
  if (all.length <= mostPastes) return list.replace(all);
  // What is over already goes before what can still be deleted.
  const now = Date.now();
  const gone = all.filter(({ expiresAt }) => expiresAt <= now).slice(mostPastes - all.length);
  return list.replace(all.filter((paste) => !gone.includes(paste)));
}

export function forgetPaste(id: string): void {
  forgetPastes([id]);
}

export function forgetPastes(ids: string[]): void {
  list.replace(list.all().filter((paste) => !ids.includes(paste.id)));
}

/** No other number is a moment that can be shown (ECMAScript, "Time Values and Time Range"). */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

/** For what comes from outside: a file that somebody imports. */
export function isKeptPaste(value: unknown): value is KeptPaste {
  if (typeof value !== 'object' || value === null) return false;
  const { id, url, name, type, size, createdAt, expiresAt, maxReads, deleteToken, sealed } = value as Record<
    string,
    unknown
  >;
  return (
    typeof id === 'string' &&
    /^[0-9a-f]{32}$/.test(id) &&
    typeof url === 'string' &&
    // It becomes a link: no other scheme may.
    /^https?:\/\//.test(url) &&
    (name === null || typeof name === 'string') &&
    typeof type === 'string' &&
    Number.isSafeInteger(size) &&
    isTime(createdAt) &&
    isTime(expiresAt) &&
    (maxReads === null || Number.isSafeInteger(maxReads)) &&
    typeof deleteToken === 'string' &&
    typeof sealed === 'boolean'
  );
}
