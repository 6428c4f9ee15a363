import { useEffect, useRef, useState } from 'preact/hooks';
import { type Fragment, type LineRange, readFragment, writeFragment } from './fragment.ts';

/** Where the link to the content of every page leads. */
const skipTarget = '#content';

/**
 * What is after the `#` of the address, undefined until scripts run. It never leaves the page: of what is sealed it is
 * the key.
 */
export function useFragment(isSealed: boolean) {
  const [fragment, setFragment] = useState<Fragment>();
  const kept = useRef('');
  useEffect(() => {
    const read = () => {
      // Following that link would take the key out of the address.
      if (location.hash === skipTarget) history.replaceState(null, '', kept.current || location.pathname);
      kept.current = location.hash;
      setFragment(readFragment(kept.current, isSealed));
    };
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, [isSealed]);
  const markLines = (lines: LineRange | null) => {
    const marked = { secret: fragment?.secret ?? '', lines };
    history.replaceState(null, '', writeFragment(marked) || location.pathname);
    kept.current = location.hash;
    setFragment(marked);
  };
  return { fragment, markLines };
}
