import { useEffect, useState } from 'preact/hooks';
import type { Content } from './content.ts';

/**
 * A URL of the content: on the server, or of a blob with the bytes that the page has.
 *
 * @param type The media type of the blob. Only an `<img>`, which runs no scripts, may use a type that can run.
 * @returns undefined for a blob until scripts run
 */
export function useContentUrl(content: Content, type: string): string | undefined {
  const { source } = content;
  const blob = source.kind === 'bytes' ? source.blob : undefined;
  const [blobUrl, setBlobUrl] = useState<string>();
  useEffect(() => {
    if (blob === undefined) return;
    const created = URL.createObjectURL(blob.slice(0, blob.size, type));
    setBlobUrl(created);
    return () => URL.revokeObjectURL(created);
  }, [blob, type]);
  return source.kind === 'url' ? source.href : blobUrl;
}
