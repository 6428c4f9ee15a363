/** A text in the storage of this browser for this site. */
type KeptText = {
  /** Null if there is none, or the storage is not available. */
  read(): string | null;
  /** @returns false if the storage is full or disabled */
  write(text: string): boolean;
  /** Calls the listener at every change, in other tabs too. @returns a function that removes the listener */
  watch(listener: () => void): () => void;
};

export function keptText(key: string): KeptText {
  const listeners = new Set<() => void>();
  return {
    read() {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    write(text) {
      const isStored = store(key, text);
      for (const listener of listeners) listener();
      return isStored;
    },
    watch(listener) {
      const onStorage = (event: StorageEvent) => {
        // The key is null if another tab cleared the whole storage.
        if (event.key === key || event.key === null) listener();
      };
      listeners.add(listener);
      addEventListener('storage', onStorage);
      return () => {
        listeners.delete(listener);
        removeEventListener('storage', onStorage);
      };
    },
  };
}

function store(key: string, text: string): boolean {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}
