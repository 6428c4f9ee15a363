const place = 'mayfly.payload-key';

/** A key for payloads, and whether this browser keeps it for longer than the tab. */
type PayloadKey = { key: string; isKept: boolean };

/** The key that was given last; '' for none. It is in no URL and no cookie, so that nothing but a creation shows it. */
export function payloadKey(): PayloadKey {
  const [inTab, inBrowser] = [read(() => sessionStorage), read(() => localStorage)];
  return { key: inTab ?? inBrowser ?? '', isKept: inBrowser !== null };
}

/** Keeps a key: for this tab, or for longer where that is asked for. */
export function keepPayloadKey({ key, isKept }: PayloadKey): void {
  write(() => sessionStorage, key);
  write(() => localStorage, isKept ? key : '');
}

/** A browser may be set to keep nothing: then the mere access to a storage throws. */
function read(storage: () => Storage): string | null {
  try {
    return storage().getItem(place);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string): void {
  try {
    if (key === '') storage().removeItem(place);
    else storage().setItem(place, key);
  } catch {
    // The form has it all the same.
  }
}
