import { useEffect, useState } from 'preact/hooks';

/**
 * The segments of the fragment, `#buckets/photos`, so that the Back button works and each view has a link. An unknown
 * fragment, such as that of the link that skips to the content, changes nothing.
 *
 * @param known The possible first segments; the first of them is the default.
 */
export function useFragment(known: readonly string[]): string[] {
  const [segments, setSegments] = useState(() => segmentsOf(location.hash, known) ?? [known[0] ?? '']);
  useEffect(() => {
    const read = () => setSegments((old) => segmentsOf(location.hash, known) ?? old);
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, [known]);
  return segments;
}

/** The fragment for a link. */
export function fragmentOf(...segments: string[]): string {
  return `#${segments.map(encodeURIComponent).join('/')}`;
}

function segmentsOf(fragment: string, known: readonly string[]): string[] | undefined {
  if (fragment === '' || fragment === '#') return [known[0] ?? ''];
  try {
    const segments = fragment.slice(1).split('/').map(decodeURIComponent);
    return known.includes(segments[0] ?? '') ? segments : undefined;
  } catch {
    return undefined;
  }
}
