import { keptText } from './kept-text.ts';

/** A list that this browser keeps, for this site alone. */
type KeptList<Entry> = {
  /** Newest first. Empty where nothing may be kept, or something else is there. */
  all(): Entry[];
  /** @returns whether it could be kept: a browser may have no room, or be told to keep nothing. */
  replace(entries: Entry[]): boolean;
  /** Calls back at every change, also by another tab. @returns what ends that. */
  watch(listener: () => void): () => void;
};

/**
 * @param isEntry Whether something is an entry: another version of this page, or anybody, may have written there.
 * @param most How many entries are kept; the oldest go.
 */
export function keptList<Entry>(
  key: string,
  isEntry: (value: unknown) => value is Entry,
  most: number,
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
    replace: (entries) => write(JSON.stringify(entries.slice(0, most))),
    watch,
  };
}
