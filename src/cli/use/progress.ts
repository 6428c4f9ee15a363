import { inBinaryUnit } from '../../naming/binary-unit.ts';
import { printable } from './terminal.ts';

type Progress = { update(bytes: number): void; stop(): void };

const none: Progress = { update: () => undefined, stop: () => undefined };

/** Smaller transfers end before a bar would be seen (bytes). */
const minBarSize = 256 * 1024;

/**
 * A progress bar on stderr, if stderr is a terminal. `stop` removes it.
 *
 * @param total Bytes; without it only the transferred bytes are shown.
 */
export async function startProgress(name: string, total?: number, start = 0): Promise<Progress> {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return none;
  if (total !== undefined && total < minBarSize) return none;
  const { SingleBar } = (await import('cli-progress')).default;
  const format = total
    ? '{name} [{bar}] {percentage}% {done} of {whole} {speed} {left}'
    : '{name} {done} {speed}';
  const bar = new SingleBar({
    stream: process.stderr,
    format,
    barsize: 24,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    clearOnComplete: true,
  });
  const beganAt = performance.now();
  const fields = (bytes: number) => {
    const perSecond = (1000 * (bytes - start)) / Math.max(1, performance.now() - beganAt);
    return {
      name: shorten(printable(name)),
      done: formatBytes(bytes),
      whole: formatBytes(total ?? 0),
      speed: `${formatBytes(perSecond)}/s`,
      left: perSecond > 0 ? timeLeft(((total ?? 0) - bytes) / perSecond) : '',
    };
  };
  bar.start(total ?? 0, start, fields(start));
  return { update: (bytes) => bar.update(bytes, fields(bytes)), stop: () => bar.stop() };
}

/** Bytes for people: `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const { amount, prefix } = inBinaryUnit(bytes, 1023.95);
  return `${prefix === '' ? Math.round(amount) : amount.toFixed(1)} ${prefix}B`;
}

function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}

function shorten(name: string, length = 28): string {
  return name.length > length ? `${name.slice(0, length - 1)}…` : name.padEnd(Math.min(12, length));
}
