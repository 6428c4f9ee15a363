import { useEffect, useState } from 'preact/hooks';
import type { Content } from './content.ts';

/**
 * Where a part of the page can load content from: the server, or the bytes that the page holds.
 *
 * @param type What the bytes shall be taken for. None that can run may be given but to an `<img>`, where it cannot.
 * @returns undefined until scripts run, where there are only bytes
 */
export function useAddress(content: Content, type: string): string | undefined {
  const { source } = content;
  const blob = source.kind === 'bytes' ? source.blob : undefined;
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (blob === undefined) return;
    const made = URL.createObjectURL(blob.slice(0, blob.size, type));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob, type]);
  return source.kind === 'address' ? source.href : address;
}
