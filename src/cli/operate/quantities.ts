import { InvalidArgumentError } from 'commander';
import { parseDuration, parseInstant, parseSize } from '../../core/quantity.ts';

/** Parsers for option values. commander prints the message of an InvalidArgumentError. */

/** @throws InvalidArgumentError if the text is empty */
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

/** Like `readSize`, but KB, MB, GB and TB are powers of 1024, as in UploadKit's file routes. */
export function readRouteSize(text: string): number {
  return readSize(text.replace(/^(\d+[KMGT])B$/, '$1iB'));
}

/** A duration such as `30d` in milliseconds. @throws InvalidArgumentError */
export function readDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (!milliseconds) throw new InvalidArgumentError('It must be a duration such as 12h or 30d.');
  return milliseconds;
}

/**
 * A time in milliseconds since the epoch. The way in which databases write it is accepted too, with a space and an offset
 * in hours. @throws InvalidArgumentError
 */
export function readTime(text: string): number {
  const time = parseInstant(text.replace(' ', 'T').replace(/(:\d{2}(?:\.\d+)?[+-]\d{2})$/, '$1:00'));
  if (time === undefined)
    throw new InvalidArgumentError(
      'It must be a date and time with an offset or Z, such as 2030-01-31T12:00:00Z.',
    );
  return time;
}

/** @throws InvalidArgumentError */
export function readCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A limit, or `none`. Not null, because commander takes null for an option without a value. */
export function orNone(read: (text: string) => number): (text: string) => number | 'none' {
  return (text) => (text === 'none' ? 'none' : read(text));
}
