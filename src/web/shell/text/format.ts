import { inBinaryUnit } from '../../../naming/binary-unit.ts';

/** A size in powers of 1024, like the limits of the server: `1.2 MiB`. */
export function formatBytes(bytes: number, language: string): string {
  const byte = new Intl.NumberFormat(language, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
  const { amount, prefix } = inBinaryUnit(bytes, 1023.5);
  if (prefix === '') return byte.format(Math.round(amount));
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: amount < 100 ? 1 : 0 });
  return `${number.format(amount)} ${prefix}${language === 'fr' ? 'o' : 'B'}`;
}

const spans = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

/** A time span in the largest unit that is not longer than it, rounded: `10 minutes`, `2 hours`. */
export function formatSpan(
  seconds: number,
  language: string,
  unitDisplay: 'long' | 'short' | 'narrow' = 'long',
): string {
  const whole = Math.max(0, Math.round(seconds));
  const { unit, seconds: length } = spans.find((span) => whole >= span.seconds) ?? spans[3];
  const amount = whole / length;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay,
    maximumFractionDigits: amount < 10 && length > 60 ? 1 : 0,
  }).format(amount);
}

/** A share from 0 to 1 as a whole percentage, rounded down so that 100 % means all of it. */
export function formatPercent(share: number, language: string): string {
  const whole = Math.floor(Math.min(1, Math.max(0, share)) * 100) / 100;
  return new Intl.NumberFormat(language, { style: 'percent' }).format(whole);
}

/** A date and a time to the minute, in the reader's time zone. */
export function formatTime(milliseconds: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(milliseconds);
}
