import { CommandFailure } from '../shared/command-failure.ts';
import { interrupted, printable } from './terminal.ts';

/** The terminal and a program in front of us may both pass the same Ctrl-C on (ms). */
const sameKeyWithin = 300;
/** What a bar and a prompt have changed: the cursor, and whether lines are wrapped. */
const restored = '\u001B[?25h\u001B[?7h';

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
    if (process.stderr.isTTY) process.stderr.write(restored);
    process.exit(interrupted().code);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // Whoever writes is told as well; without a listener it would end the process.
  process.stdout.on('error', () => undefined);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw interrupted();
    const { failureOf } = await import('./failure-of.ts');
    const failure = failureOf(error);
    // What a server or a file name says may be meant for the terminal.
    if (failure instanceof CommandFailure) throw new CommandFailure(printable(failure.message), failure.code);
    throw failure;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
