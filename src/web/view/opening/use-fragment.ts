import { useEffect, useRef, useState } from 'preact/hooks';
import { type Fragment, type LineRange, readFragment, writeFragment } from './fragment.ts';

/** The fragment of the link that skips to the content. */
const skipTarget = '#content';

/**
 * The fragment of the URL; undefined until scripts run. It never leaves the page, since it contains the secret of
 * encrypted content.
 */
export function useFragment(isEncrypted: boolean) {
  const [fragment, setFragment] = useState<Fragment>();
  const current = useRef('');
  useEffect(() => {
    const read = () => {
      // That link would remove the secret from the URL.
      if (location.hash === skipTarget) history.replaceState(null, '', current.current || location.pathname);
      current.current = location.hash;
      setFragment(readFragment(current.current, isEncrypted));
    };
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, [isEncrypted]);
  const markLines = (lines: LineRange | null) => {
    const marked = { secret: fragment?.secret ?? '', lines };
    history.replaceState(null, '', writeFragment(marked) || location.pathname);
    current.current = location.hash;
    setFragment(marked);
  };
  return { fragment, markLines };
}
