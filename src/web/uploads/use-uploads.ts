import { useEffect, useRef, useState } from 'preact/hooks';
import { useReader } from '../shell/reader.ts';
import { pageClient } from './client.ts';
import { isUnderWay, type Upload } from './upload.ts';
import { UploadQueue } from './upload-queue.ts';

/** The uploads of this page. Whoever leaves it while some are under way is asked whether they mean it. */
export function useUploads(): { uploads: Upload[]; queue: () => UploadQueue } {
  const reader = useReader();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const made = useRef<UploadQueue | undefined>(undefined);
  const queue = () => {
    made.current ??= new UploadQueue((key) => pageClient(reader, key || undefined), setUploads);
    return made.current;
  };
  const isBusy = uploads.some(isUnderWay);
  useEffect(() => {
    if (!isBusy) return;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
      // Browsers of before 2024 ask for this alone.
      event.returnValue = true;
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isBusy]);
  useEffect(() => {
    const goOn = () => made.current?.retryUnanswered();
    addEventListener('online', goOn);
    return () => removeEventListener('online', goOn);
  }, []);
  return { uploads, queue };
}
