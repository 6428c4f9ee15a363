import { useEffect, useState } from 'preact/hooks';

/**
 * The parts of the address's fragment, `#buckets/photos`: so that going back goes back, and a part can be linked to.
 * Another fragment, such as the one that skips to the content, changes nothing.
 *
 * @param known What the first part may be; the first of them is where it begins.
 */
export function useFragment(known: readonly string[]): string[] {
  const [parts, setParts] = useState(() => partsOf(location.hash, known) ?? [known[0] ?? '']);
  useEffect(() => {
    const read = () => setParts((old) => partsOf(location.hash, known) ?? old);
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, [known]);
  return parts;
}

/** Such a fragment, for a link. */
export function fragmentOf(...parts: string[]): string {
  return `#${parts.map(encodeURIComponent).join('/')}`;
}

function partsOf(fragment: string, known: readonly string[]): string[] | undefined {
  if (fragment === '' || fragment === '#') return [known[0] ?? ''];
  try {
    const parts = fragment.slice(1).split('/').map(decodeURIComponent);
    return known.includes(parts[0] ?? '') ? parts : undefined;
  } catch {
    return undefined;
  }
}
