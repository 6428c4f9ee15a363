import { CommandFailure } from '../shared/command-failure.ts';
import { interrupted, printable } from './terminal.ts';

/** The terminal and a parent process may both forward the same Ctrl-C (ms). */
const sameKeyWithin = 300;
/** Undoes what a progress bar and a prompt change: shows the cursor and wraps lines. */
const restoreTerminal = '\u001B[?25h\u001B[?7h';

/**
 * Runs a command. Ctrl-C and SIGTERM abort its signal, so that it can clean up; a second Ctrl-C exits at once. Resolves
 * with the exit code.
 *
 * @throws CommandFailure for every known failure
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const stop = () => {
    const now = performance.now();
    firstAt ??= now;
    controller.abort(interrupted());
    if (now - firstAt < sameKeyWithin) return;
    if (process.stderr.isTTY) process.stderr.write(restoreTerminal);
    process.exit(interrupted().code);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // `write` rejects with the error too; without a listener it would end the process.
  process.stdout.on('error', () => undefined);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw interrupted();
    const { failureOf } = await import('./failure-of.ts');
    const failure = failureOf(error);
    // A server's message or a file name may contain control characters for the terminal.
    if (failure instanceof CommandFailure) throw new CommandFailure(printable(failure.message), failure.code);
    throw failure;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
