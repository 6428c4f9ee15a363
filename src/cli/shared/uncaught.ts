import { exitCodes } from './command-failure.ts';

type Report = (error: unknown) => void;

let report: Report = (error) => process.stderr.write(`mayfly: ${faultLine(error)}\n`);

/** Ends the process on an error that nobody caught, after one line; a runtime would print its source. */
export function watchUncaught(): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error) => {
      report(error);
      process.exit(exitCodes.failed);
    });
}

/** Has such an error reported otherwise: a server has a log. */
export function reportUncaught(otherwise: Report): void {
  report = otherwise;
}

/** What is said of an error that is a fault of our own. Its stack is printed with `LOG_LEVEL=debug` alone. */
export function faultLine(error: unknown): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (stack && /^(debug|trace)$/.test(process.env.LOG_LEVEL ?? '')) return `unexpected fault: ${stack}`;
  const [line = ''] = message.trim().split('\n');
  return `unexpected fault: ${line || name} (${name}); LOG_LEVEL=debug shows where`;
}
