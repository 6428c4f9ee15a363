/** What a key opens. */
export type KeyKind = 'storage' | 'putput' | 'uploadkit';

const place = 'mayfly.key';
const prefixes: Record<KeyKind, string> = { storage: 'sk_live_', putput: 'pp_', uploadkit: 'uk_live_' };

/** What a text opens by its beginning; undefined for what is no key. Whether it is a good one the server knows. */
export function kindOfKey(key: string): KeyKind | undefined {
  if (!/^[\w-]{8,200}$/.test(key)) return undefined;
  return (Object.keys(prefixes) as KeyKind[]).find((kind) => key.startsWith(prefixes[kind]));
}

/** The key of this tab. It is in no other storage than the session's, which ends with the tab. */
export function keptKey(): string | undefined {
  try {
    return sessionStorage.getItem(place) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a key for this tab, or forgets it. A browser may be told to keep nothing: then it lasts as long as the page. */
export function keepKey(key: string | undefined): void {
  try {
    if (key === undefined) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, key);
  } catch {
    // The page has it all the same.
  }
}
