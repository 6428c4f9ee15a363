import { keptList } from './kept-list.ts';

/** A paste that was created in this browser. Times are milliseconds since the epoch, sizes bytes. */
export type KeptPaste = {
  id: string;
  /** With the secret in its fragment if the content is encrypted. */
  url: string;
  name: string | null;
  /** The media type of the content before encryption. */
  type: string;
  /** The size of the content before encryption. */
  size: number;
  createdAt: number;
  expiresAt: number;
  maxReads: number | null;
  deleteToken: string;
  sealed: boolean;
};

const maxPastes = 500;

const list = keptList('mayfly.pastes', isKeptPaste, maxPastes);

/** Newest first. */
export const allPastes = list.all;
/** Calls the listener at every change, in other tabs too. Returns a function that removes the listener. */
export const watchPastes = list.watch;

/** @returns false if the storage is full or disabled */
export function keepPaste(paste: KeptPaste): boolean {
  return keepPastes([paste]);
}

/** Adds pastes, and replaces those with the same ids. @returns false if the storage is full or disabled */
export function keepPastes(pastes: KeptPaste[]): boolean {
  const ids = new Set(pastes.map(({ id }) => id));
  const others = list.all().filter(({ id }) => !ids.has(id));
  const all = [...pastes, ...others].toSorted((one, other) => other.createdAt - one.createdAt);
  if (all.length <= maxPastes) return list.replace(all);
  // Expired pastes are dropped first: the others can still be deleted on the server.
  const now = Date.now();
  const dropped = all.filter(({ expiresAt }) => expiresAt <= now).slice(maxPastes - all.length);
  return list.replace(all.filter((paste) => !dropped.includes(paste)));
}

export function forgetPaste(id: string): void {
  forgetPastes([id]);
}

export function forgetPastes(ids: string[]): void {
  list.replace(list.all().filter((paste) => !ids.includes(paste.id)));
}

/** Numbers outside of this range are not valid dates (ECMAScript, "Time Values and Time Range"). */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

/** Validates entries that do not come from this page, such as those of an imported file. */
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
    // The page links to it, so other schemes, such as `javascript:`, are rejected.
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
