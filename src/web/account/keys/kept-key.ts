/** The API of a key. */
type KeyKind = 'storage' | 'putput' | 'uploadkit';

const storageKey = 'mayfly.key';
const prefixes: Record<KeyKind, string> = { storage: 'sk_live_', putput: 'pp_', uploadkit: 'uk_live_' };

/** The kind of a key by its prefix; undefined if the text is not a key. Only the server knows whether it is valid. */
export function kindOfKey(key: string): KeyKind | undefined {
  if (!/^[\w-]{8,200}$/.test(key)) return undefined;
  return (Object.keys(prefixes) as KeyKind[]).find((kind) => key.startsWith(prefixes[kind]));
}

/** The key of this tab. It is only in the session storage, which ends with the tab. */
export function keptKey(): string | undefined {
  try {
    return sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores the key for this tab, or removes it. With storage disabled, the key lasts as long as the page. */
export function keepKey(key: string | undefined): void {
  try {
    if (key === undefined) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, key);
  } catch {
    // The page still has the key.
  }
}
