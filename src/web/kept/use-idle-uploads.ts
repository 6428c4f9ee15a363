import { useEffect, useState } from 'preact/hooks';
import { idleUploads, type KeptUpload, watchUploads } from './uploads.ts';

/** Uploads that were left in the middle, and that no tab goes on with. */
export function useIdleUploads(): KeptUpload[] {
  const [uploads, setUploads] = useState<KeptUpload[]>([]);
  useEffect(() => {
    let isCurrent = true;
    const read = async () => {
      const found = await idleUploads(Date.now());
      if (isCurrent) setUploads(found);
    };
    void read();
    const forget = watchUploads(read);
    // Nobody is told when another tab is closed; whoever comes from it comes here.
    addEventListener('focus', read);
    return () => {
      isCurrent = false;
      forget();
      removeEventListener('focus', read);
    };
  }, []);
  return uploads;
}
