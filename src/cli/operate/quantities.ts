import { InvalidArgumentError } from 'commander';
import { parseDuration, parseSize } from '../../core/quantity.ts';

/** How the values of options are read. Each throws what the command line explains. */

/** @throws InvalidArgumentError where there is no text */
export function readText(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** A size such as `4MB` in bytes. @throws InvalidArgumentError */
export function readSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('It must be a size such as 4MB or 10MiB.');
  return bytes;
}

/** As `readSize`, with KB, MB, GB and TB by 1024, as UploadKit counts the sizes of its file routes. */
export function readRouteSize(text: string): number {
  return readSize(text.replace(/^(\d+[KMGT])B$/, '$1iB'));
}

/** A duration such as `30d` in milliseconds. @throws InvalidArgumentError */
export function readDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (!milliseconds) throw new InvalidArgumentError('It must be a duration such as 12h or 30d.');
  return milliseconds;
}

/** @throws InvalidArgumentError */
export function readCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A limit by `read`, or `none`: commander would take null for an option without a value. */
export function orNone(read: (text: string) => number): (text: string) => number | 'none' {
  return (text) => (text === 'none' ? 'none' : read(text));
}
