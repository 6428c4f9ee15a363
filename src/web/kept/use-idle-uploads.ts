import { useEffect, useState } from 'preact/hooks';
import { idleUploads, type KeptUpload, watchUploads } from './uploads.ts';

/** Unfinished uploads that no tab is sending. */
export function useIdleUploads(): KeptUpload[] {
  const [uploads, setUploads] = useState<KeptUpload[]>([]);
  useEffect(() => {
    let isCurrent = true;
    const read = async () => {
      const found = await idleUploads(Date.now());
      if (isCurrent) setUploads(found);
    };
    void read();
    const stopWatching = watchUploads(read);
    // No event reports that another tab was closed, but this one gets the focus.
    addEventListener('focus', read);
    return () => {
      isCurrent = false;
      stopWatching();
      removeEventListener('focus', read);
    };
  }, []);
  return uploads;
}
