import { keptText } from './kept-text.ts';

/** A list in the storage of this browser for this site. */
type KeptList<Entry> = {
  /** Newest first. Empty if the storage is not available or does not contain a list. */
  all(): Entry[];
  /** @returns false if the storage is full or disabled */
  replace(entries: Entry[]): boolean;
  /** Calls the listener at every change, in other tabs too. @returns a function that removes the listener */
  watch(listener: () => void): () => void;
};

/**
 * @param isEntry Validates a stored value, which another version of this page, or the user, may have written.
 * @param maxEntries The oldest entries over this number are dropped.
 */
export function keptList<Entry>(
  key: string,
  isEntry: (value: unknown) => value is Entry,
  maxEntries: number,
): KeptList<Entry> {
  const { read, write, watch } = keptText(key);
  return {
    all() {
      try {
        const entries: unknown = JSON.parse(read() ?? '[]');
        return Array.isArray(entries) ? entries.filter(isEntry) : [];
      } catch {
        return [];
      }
    },
    replace: (entries) => write(JSON.stringify(entries.slice(0, maxEntries))),
    watch,
  };
}
