import type { Command } from 'commander';

/** The result of a command line. commander ignores what actions return, so they set their exit code here. */
export type Outcome = { code: number };

/** Adds examples to the help of a command. */
export function withExamples(command: Command, examples: [call: string, meaning: string][]): Command {
  const width = Math.max(...examples.map(([call]) => call.length));
  const lines = examples.map(([call, meaning]) => `  ${call.padEnd(width)}  ${meaning}`.trimEnd());
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
