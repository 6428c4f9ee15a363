import { useEffect, useState } from 'preact/hooks';

const second = 1000;
const minute = 60 * second;

/**
 * The remaining time (milliseconds), updated every minute, and every second in the last minute.
 *
 * @param servedAt When the server rendered the page, by its clock, since the reader's may be wrong.
 */
export function useRemaining(expiresAt: number, servedAt: number): number {
  const [remaining, setRemaining] = useState(expiresAt - servedAt);
  useEffect(() => {
    const clockOffset = arrivedAt() - servedAt;
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      clearTimeout(timer);
      const left = Math.max(0, expiresAt - (Date.now() - clockOffset));
      setRemaining(left);
      if (left > 0)
        timer = setTimeout(tick, left > minute ? left % minute || minute : left % second || second);
    };
    tick();
    // Browsers delay the timers of hidden pages.
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [expiresAt, servedAt]);
  return remaining;
}

/** When the page arrived, by the reader's clock. */
function arrivedAt(): number {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return performance.timeOrigin + (navigation?.responseStart ?? 0);
}

const spans = [
  { unit: 'day', length: 24 * 60 * minute },
  { unit: 'hour', length: 60 * minute },
  { unit: 'minute', length: minute },
] as const;

/** The remaining time in its two largest units, and in the last minute in seconds. */
export function formatRemaining(remaining: number, language: string): string {
  const at = spans.findIndex(({ length }) => remaining >= length);
  const amount = (unit: string, count: number) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
  const largest = spans[at];
  if (largest === undefined) return amount('second', Math.ceil(remaining / second));
  const next = spans[at + 1];
  const rest = next === undefined ? 0 : Math.floor((remaining % largest.length) / next.length);
  const whole = amount(largest.unit, Math.floor(remaining / largest.length));
  return next === undefined || rest === 0 ? whole : `${whole} ${amount(next.unit, rest)}`;
}
