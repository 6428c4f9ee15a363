import { CommandFailure } from '../shared/command-failure.ts';
import { interrupted } from './terminal.ts';

/** The terminal and a program in front of us may both pass the same Ctrl-C on (ms). */
const sameKeyWithin = 300;
const showCursor = '\u001B[?25h';

/**
 * Runs a command that Ctrl-C and SIGTERM abort by a signal, so that it can clean up; a second Ctrl-C ends it at once.
 * Resolves with its exit code.
 *
 * @throws CommandFailure for whatever it fails with that is explained.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const stop = () => {
    const now = performance.now();
    firstAt ??= now;
    controller.abort(interrupted());
    if (now - firstAt < sameKeyWithin) return;
    if (process.stderr.isTTY) process.stderr.write(showCursor);
    process.exit(interrupted().code);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // Whoever writes is told as well; without a listener it would end the process.
  process.stdout.on('error', () => undefined);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw interrupted();
    if (error instanceof CommandFailure) throw error;
    const { failureOf } = await import('./failure-of.ts');
    throw failureOf(error);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
