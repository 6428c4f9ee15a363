import { useEffect, useRef, useState } from 'preact/hooks';
import { useDescribe } from './account-context.ts';

type ListPage<Entry> = { entries: Entry[]; cursor: string | null };
export type Load<Entry> = (cursor: string | undefined, signal: AbortSignal) => Promise<ListPage<Entry>>;

export type Listing<Entry> = {
  /** Undefined until the first page has come. */
  entries: Entry[] | undefined;
  isLoading: boolean;
  hasMore: boolean;
  problem: string | undefined;
  more: () => void;
  reload: () => void;
  change: (update: (entries: Entry[]) => Entry[]) => void;
};

/**
 * A list that comes page by page.
 *
 * @param of What is listed: another one begins anew.
 */
export function useListing<Entry>(of: string, load: Load<Entry>): Listing<Entry> {
  const describe = useDescribe();
  const [state, setState] = useState<{ of: string; entries: Entry[]; cursor: string | null }>();
  const [isLoading, setLoading] = useState(true);
  const [problem, setProblem] = useState<string>();
  const running = useRef<AbortController>(undefined);

  const fetchPage = async (cursor: string | undefined) => {
    running.current?.abort();
    const ending = new AbortController();
    running.current = ending;
    setLoading(true);
    setProblem(undefined);
    try {
      const page = await load(cursor, ending.signal);
      setState((old) => {
        const before = cursor !== undefined && old?.of === of ? old.entries : [];
        return { of, entries: [...before, ...page.entries], cursor: page.cursor };
      });
    } catch (error) {
      if (ending.signal.aborted) return;
      setProblem(describe(error));
    }
    if (running.current === ending) setLoading(false);
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
    problem,
    more: () => void fetchPage(current?.cursor ?? undefined),
    reload: () => void fetchPage(undefined),
    change: (update) => setState((old) => old && { ...old, entries: update(old.entries) }),
  };
}
