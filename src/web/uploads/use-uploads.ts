import { useEffect, useRef, useState } from 'preact/hooks';
import { useReader } from '../shell/reader.ts';
import { pageClient } from './client.ts';
import { isActive, type Upload } from './upload.ts';
import { UploadQueue } from './upload-queue.ts';

/** The uploads of this page. The browser asks for confirmation before the page is left while uploads run. */
export function useUploads(): { uploads: Upload[]; queue: () => UploadQueue } {
  const reader = useReader();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const created = useRef<UploadQueue | undefined>(undefined);
  const queue = () => {
    created.current ??= new UploadQueue((key) => pageClient(reader, key || undefined), setUploads);
    return created.current;
  };
  const isBusy = uploads.some(isActive);
  useEffect(() => {
    if (!isBusy) return;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
      // Older browsers need this instead.
      event.returnValue = true;
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isBusy]);
  useEffect(() => {
    const retry = () => created.current?.retryNetworkErrors();
    addEventListener('online', retry);
    return () => removeEventListener('online', retry);
  }, []);
  return { uploads, queue };
}
