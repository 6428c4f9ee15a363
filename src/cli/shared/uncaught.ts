import { exitCodes } from './command-failure.ts';

type Report = (error: unknown) => void;

let report: Report = (error) => process.stderr.write(`mayfly: ${faultLine(error)}\n`);

/** Exits on an uncaught error after printing one line. The runtime would print source code. */
export function watchUncaught(): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error) => {
      report(error);
      process.exit(exitCodes.failed);
    });
}

/** Replaces the report of an uncaught error: a server logs it. */
export function reportUncaught(replacement: Report): void {
  report = replacement;
}

/** The message for a bug of our own. It includes the stack only with `LOG_LEVEL=debug`. */
export function faultLine(error: unknown): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (stack && /^(debug|trace)$/.test(process.env.LOG_LEVEL ?? '')) return `unexpected fault: ${stack}`;
  const [line = ''] = message.trim().split('\n');
  return `unexpected fault: ${line || name} (${name}); LOG_LEVEL=debug shows the stack`;
}
