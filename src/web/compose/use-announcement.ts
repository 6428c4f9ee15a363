import { useEffect, useRef, useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import { isActive, type Upload } from '../uploads/upload.ts';
import { composeMessages } from './messages.ts';

/** With more uploads, only the totals are announced, at the end. */
const maxNamed = 5;

/** The announcement for screen readers: which uploads have ended, and how. Progress is not announced. */
export function useAnnouncement(uploads: Upload[]): string {
  const texts = useMessages(composeMessages);
  const [announcement, setNews] = useState('');
  const announced = useRef(new Map<number, string>());
  useEffect(() => {
    const showsTotals = uploads.length > maxNamed;
    if (showsTotals && uploads.some(isActive)) return;
    const ended = uploads.filter(({ id, status }) => announced.current.get(id) !== status.is);
    for (const { id, status } of uploads) announced.current.set(id, status.is);
    const named = (is: 'done' | 'failed') =>
      ended.filter(({ status }) => status.is === is).map(({ item }) => item.name ?? texts.theText);
    const [shared, failed] = [named('done'), named('failed')];
    const lines = showsTotals
      ? [
          shared.length > 0 && texts.areShared(shared.length),
          failed.length > 0 && texts.haveFailed(failed.length),
        ]
      : [...shared.map(texts.isShared), ...failed.map(texts.hasFailed)];
    const next = lines.filter(Boolean).join(' ');
    if (next !== '') setNews(next);
  }, [uploads]);
  return announcement;
}
