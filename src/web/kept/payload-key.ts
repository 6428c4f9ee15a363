const storageKey = 'mayfly.payload-key';

/** A payload key, and whether it is stored for longer than the tab exists. */
type PayloadKey = { key: string; isKept: boolean };

/** The last key that was used; '' for none. Not in a URL or cookie, so that only requests that create send it. */
export function payloadKey(): PayloadKey {
  const [inTab, inBrowser] = [read(() => sessionStorage), read(() => localStorage)];
  return { key: inTab ?? inBrowser ?? '', isKept: inBrowser !== null };
}

/** Stores a key: for this tab, and with `isKept` for longer. */
export function keepPayloadKey({ key, isKept }: PayloadKey): void {
  write(() => sessionStorage, key);
  write(() => localStorage, isKept ? key : '');
}

/** With storage disabled, a browser throws as soon as the property of the storage is read. */
function read(storage: () => Storage): string | null {
  try {
    return storage().getItem(storageKey);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string): void {
  try {
    if (key === '') storage().removeItem(storageKey);
    else storage().setItem(storageKey, key);
  } catch {
    // The form still has the key.
  }
}
