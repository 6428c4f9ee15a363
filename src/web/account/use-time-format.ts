import { useReader } from '../shell/reader.ts';
import { formatTime } from '../shell/text/format.ts';

/** Returns a function that formats a time of the API (ISO 8601) for the reader. */
export function useTimeFormat(): (time: string) => string {
  const { language } = useReader();
  return (time) => formatTime(Date.parse(time), language);
}
