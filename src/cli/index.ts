import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { CommandFailure, exitCodes } from './shared/command-failure.ts';
import type { Outcome } from './shared/outcome.ts';
import { faultLine } from './shared/uncaught.ts';

export { watchUncaught } from './shared/uncaught.ts';

/**
 * Runs a command, by default `serve`. Resolves with the exit code; `shared/command-failure.ts` lists the codes.
 */
export async function runCommand(
  args: string[],
  environment: Record<string, string | undefined>,
): Promise<number> {
  const outcome: Outcome = { code: exitCodes.done };
  try {
    const program = createProgram(environment, outcome);
    await program.parseAsync(args.length === 0 ? ['serve'] : args, { from: 'user' });
    return outcome.code;
  } catch (error) {
    return reportFailure(error);
  }
}

/** Prints every failure as one line. Returns the exit code. */
function reportFailure(error: unknown): number {
  // commander has printed its message already. It also throws after printing help, which is not a failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongCall;
  if (!(error instanceof CommandFailure)) {
    process.stderr.write(`mayfly: ${faultLine(error)}\n`);
    return exitCodes.failed;
  }
  if (error.message !== '') process.stderr.write(`mayfly: ${error.message}\n`);
  return error.code;
}
