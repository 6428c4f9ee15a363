import { useEffect, useState } from 'preact/hooks';
import { type Client, MayflyError } from '../../client/index.ts';
import { type KeptPaste, keepPaste } from '../kept/pastes.ts';

/** Asking about each paste would be many calls: only the newest, of those that may be gone before their time. */
const mostAsked = 20;

/**
 * How many reads each counted paste has left, by its id, as far as the server tells; asking takes none. One that is
 * gone is marked so in the list.
 */
export function useReadsLeft(client: Client, pastes: KeptPaste[] | undefined): ReadonlyMap<string, number> {
  const [readsLeft, setReadsLeft] = useState<ReadonlyMap<string, number>>(new Map());
  const isKnown = pastes !== undefined;
  useEffect(() => {
    if (pastes === undefined) return;
    const asked = pastes.filter((paste) => paste.maxReads !== null && paste.expiresAt > Date.now());
    const ending = new AbortController();
    const ask = async (paste: KeptPaste) => {
      try {
        const { readsLeft } = await client.payloads.info(paste.id, { signal: ending.signal });
        if (readsLeft !== undefined) setReadsLeft((known) => new Map(known).set(paste.id, readsLeft));
      } catch (error) {
        if (error instanceof MayflyError && error.status === 404)
          keepPaste({ ...paste, expiresAt: Date.now() });
      }
    };
    for (const paste of asked.slice(0, mostAsked)) void ask(paste);
    return () => ending.abort();
  }, [isKnown]);
  return readsLeft;
}
