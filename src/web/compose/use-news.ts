import { useEffect, useRef, useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import { isActive, type Upload } from '../uploads/upload.ts';
import { composeMessages } from './messages.ts';

/** Of more than so many it is told at the end alone, and in numbers. */
const mostByName = 5;

/** What screen readers are told: which uploads have ended, and how. Progress itself would be too much to hear. */
export function useNews(uploads: Upload[]): string {
  const texts = useMessages(composeMessages);
  const [news, setNews] = useState('');
  const told = useRef(new Map<number, string>());
  useEffect(() => {
    const areMany = uploads.length > mostByName;
    if (areMany && uploads.some(isActive)) return;
    const ended = uploads.filter(({ id, status }) => told.current.get(id) !== status.is);
    for (const { id, status } of uploads) told.current.set(id, status.is);
    const named = (is: 'done' | 'failed') =>
      ended.filter(({ status }) => status.is === is).map(({ item }) => item.name ?? texts.theText);
    const [shared, failed] = [named('done'), named('failed')];
    const lines = areMany
      ? [
          shared.length > 0 && texts.areShared(shared.length),
          failed.length > 0 && texts.haveFailed(failed.length),
        ]
      : [...shared.map(texts.isShared), ...failed.map(texts.hasFailed)];
    const next = lines.filter(Boolean).join(' ');
    if (next !== '') setNews(next);
  }, [uploads]);
  return news;
}
