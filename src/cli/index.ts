import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { CommandFailure, exitCodes } from './shared/command-failure.ts';
import type { Outcome } from './shared/outcome.ts';
import { faultLine } from './shared/uncaught.ts';

export { watchUncaught } from './shared/uncaught.ts';

/**
 * Runs a command, `serve` where none is named. Resolves with the exit code; `shared/command-failure.ts` lists them.
 */
export async function runCommand(
  given: string[],
  environment: Record<string, string | undefined>,
): Promise<number> {
  const outcome: Outcome = { code: exitCodes.done };
  try {
    const program = createProgram(environment, outcome);
    await program.parseAsync(given.length === 0 ? ['serve'] : given, { from: 'user' });
    return outcome.code;
  } catch (error) {
    return explain(error);
  }
}

/** One line, whatever went wrong. */
function explain(error: unknown): number {
  // commander has said it by then; help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongCall;
  if (!(error instanceof CommandFailure)) {
    process.stderr.write(`mayfly: ${faultLine(error)}\n`);
    return exitCodes.failed;
  }
  if (error.message !== '') process.stderr.write(`mayfly: ${error.message}\n`);
  return error.code;
}
