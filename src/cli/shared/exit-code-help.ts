import type { Command } from 'commander';
import { exitCodes } from './command-failure.ts';

const meanings: Record<keyof typeof exitCodes, string> = {
  done: 'done',
  failed: 'failed for another reason; see the message',
  wrongCall: 'invalid call, such as an unknown option or an invalid duration',
  notFound: 'not found, or expired',
  refused: 'refused: not allowed (401, 403), or a wrong key or password',
  tooLarge: 'too large, or the server has no room',
  away: 'the server or the network is unavailable',
  damaged: 'the content is damaged: altered, truncated, or a wrong checksum',
  invalidSettings: 'a setting of the server is invalid',
  interrupted: 'interrupted by Ctrl-C',
};

/** Every exit code, with its meaning. */
export function exitCodeMeanings(): { code: number; meaning: string }[] {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  return names.map((name) => ({ code: exitCodes[name], meaning: meanings[name] }));
}

/** `mayfly help exit-codes`. */
export function addHelpTopics(program: Command): void {
  const lines = exitCodeMeanings().map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`);
  const text = `Exit codes:\n${lines.join('\n')}\n`;
  program.commandsGroup('More:').helpCommand('help [command]', 'show the help of a command');
  program
    .command('exit-codes')
    .description('what the exit codes mean')
    .configureHelp({ formatHelp: () => text })
    .action(() => void process.stdout.write(text));
}
