import { useEffect, useState } from 'preact/hooks';
import { type Client, MayflyError } from '../../client/index.ts';
import { type KeptPaste, keepPaste } from '../kept/pastes.ts';

/** To limit the number of calls, only the newest pastes with counted reads are queried. */
const maxQueried = 20;

/**
 * The reads left by the id of the paste. The query does not count as a read. A paste that no longer exists is marked as
 * expired in the list.
 */
export function useReadsLeft(client: Client, pastes: KeptPaste[] | undefined): ReadonlyMap<string, number> {
  const [readsLeft, setReadsLeft] = useState<ReadonlyMap<string, number>>(new Map());
  const isKnown = pastes !== undefined;
  useEffect(() => {
    if (pastes === undefined) return;
    const counted = pastes.filter((paste) => paste.maxReads !== null && paste.expiresAt > Date.now());
    const controller = new AbortController();
    const query = async (paste: KeptPaste) => {
      try {
        const { readsLeft } = await client.payloads.info(paste.id, { signal: controller.signal });
        if (readsLeft !== undefined) setReadsLeft((known) => new Map(known).set(paste.id, readsLeft));
      } catch (error) {
        if (error instanceof MayflyError && error.status === 404)
          keepPaste({ ...paste, expiresAt: Date.now() });
      }
    };
    for (const paste of counted.slice(0, maxQueried)) void query(paste);
    return () => controller.abort();
  }, [isKnown]);
  return readsLeft;
}
