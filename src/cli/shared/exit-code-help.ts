import type { Command } from 'commander';
import { exitCodes } from './command-failure.ts';

const meanings: Record<keyof typeof exitCodes, string> = {
  done: 'done',
  failed: 'failed for a reason that is not below; the message tells it',
  wrongCall: 'a wrong call: unknown options, a duration that cannot be read',
  notFound: 'not found, or expired',
  refused: 'refused: no right to it (401, 403), or a wrong key or password',
  tooLarge: 'too large, or the server has no room',
  away: 'the server is away, or the network is',
  damaged: 'the content is damaged: checksum, altered or truncated',
  interrupted: 'interrupted by Ctrl-C',
};

/** `mayfly help exit-codes`. */
export function addHelpTopics(program: Command): void {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  const lines = names.map((name) => `${String(exitCodes[name]).padStart(5)}  ${meanings[name]}`);
  const text = `Exit codes:\n${lines.join('\n')}\n`;
  program.commandsGroup('More:').helpCommand('help [command]', 'show the help of a command');
  program
    .command('exit-codes')
    .description('what the exit codes mean')
    .configureHelp({ formatHelp: () => text })
    .action(() => void process.stdout.write(text));
}
