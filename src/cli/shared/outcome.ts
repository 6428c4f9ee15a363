import type { Command } from 'commander';

/** What a command line comes to: commander's actions return nothing, so they leave their exit code here. */
export type Outcome = { code: number };

/** Examples below a command's options: what to type, and what it does. */
export function withExamples(command: Command, examples: [call: string, meaning: string][]): Command {
  const width = Math.max(...examples.map(([call]) => call.length));
  const lines = examples.map(([call, meaning]) => `  ${call.padEnd(width)}  ${meaning}`.trimEnd());
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
