import { useEffect, useRef, useState } from 'preact/hooks';
import { useDescribe } from '../account-context.ts';

type ListPage<Entry> = { data: Entry[]; nextCursor: string | null };
export type Load<Entry> = (cursor: string | undefined, signal: AbortSignal) => Promise<ListPage<Entry>>;

export type Listing<Entry> = {
  /** Undefined until the first page is loaded. */
  entries: Entry[] | undefined;
  isLoading: boolean;
  hasMore: boolean;
  errorMessage: string | undefined;
  more: () => void;
  reload: () => void;
  change: (update: (entries: Entry[]) => Entry[]) => void;
};

/**
 * A list that is loaded page by page.
 *
 * @param of Identifies the list. Another value loads another list.
 */
export function useListing<Entry>(of: string, load: Load<Entry>): Listing<Entry> {
  const describe = useDescribe();
  const [state, setState] = useState<{ of: string; entries: Entry[]; cursor: string | null }>();
  const [isLoading, setLoading] = useState(true);
  const [errorMessage, setErrorMessage] = useState<string>();
  const running = useRef<AbortController>(undefined);

  const fetchPage = async (cursor: string | undefined) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setLoading(true);
    setErrorMessage(undefined);
    try {
      const page = await load(cursor, controller.signal);
      setState((old) => {
        const before = cursor !== undefined && old?.of === of ? old.entries : [];
        return { of, entries: [...before, ...page.data], cursor: page.nextCursor };
      });
    } catch (error) {
      if (controller.signal.aborted) return;
      setErrorMessage(describe(error));
    }
    if (running.current === controller) setLoading(false);
  };
  useEffect(() => {
    void fetchPage(undefined);
    return () => running.current?.abort();
  }, [of]);

  const current = state?.of === of ? state : undefined;
  return {
    entries: current?.entries,
    isLoading,
    hasMore: current !== undefined && current.cursor !== null,
    errorMessage,
    more: () => void fetchPage(current?.cursor ?? undefined),
    reload: () => void fetchPage(undefined),
    change: (update) => setState((old) => old && { ...old, entries: update(old.entries) }),
  };
}
