import { formatTime } from '../shell/format.ts';
import { useReader } from '../shell/reader.ts';

/** Writes a time of the API's (ISO 8601) as the reader does. */
export function useMoment(): (time: string) => string {
  const { language } = useReader();
  return (time) => formatTime(Date.parse(time), language);
}
