/** A text that this browser keeps, for this site alone. */
type KeptText = {
  /** Null where there is none, or nothing may be kept. */
  read(): string | null;
  /** @returns whether it could be kept: a browser may have no room, or be told to keep nothing. */
  write(text: string): boolean;
  /** Calls back at every change, also by another tab. @returns what ends that. */
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
      const isKept = isWritten(key, text);
      for (const listener of listeners) listener();
      return isKept;
    },
    watch(listener) {
      const hear = (event: StorageEvent) => {
        // Null where another tab has cleared all.
        if (event.key === key || event.key === null) listener();
      };
      listeners.add(listener);
      addEventListener('storage', hear);
      return () => {
        listeners.delete(listener);
        removeEventListener('storage', hear);
      };
    },
  };
}

function isWritten(key: string, text: string): boolean {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}
