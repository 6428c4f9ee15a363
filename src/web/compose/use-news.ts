import { useEffect, useRef, useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import type { Upload } from '../uploads/upload.ts';
import { composeMessages } from './messages.ts';

/** What screen readers are told: which uploads have ended, and how. Progress itself would be too much to hear. */
export function useNews(uploads: Upload[]): string {
  const texts = useMessages(composeMessages);
  const [news, setNews] = useState('');
  const told = useRef(new Map<number, string>());
  useEffect(() => {
    const ended = uploads.filter(({ id, status }) => told.current.get(id) !== status.is);
    for (const { id, status } of uploads) told.current.set(id, status.is);
    const lines = ended.flatMap(({ item, status }) => {
      const name = item.name ?? texts.theText;
      if (status.is === 'done') return [texts.isShared(name)];
      return status.is === 'failed' ? [texts.hasFailed(name)] : [];
    });
    if (lines.length > 0) setNews(lines.join(' '));
  }, [uploads]);
  return news;
}
