import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Outcome, withExamples } from '../../shared/outcome.ts';
import type { Environment } from '../run.ts';
import type { Answers } from './answers.ts';
import type { InitOptions } from './init.ts';

/** `mayfly init`, which is loaded when it is called. */
export function addInitCommand(program: Command, environment: Environment, outcome: Outcome): void {
  const init = program
    .command('init')
    .description('write an environment file and a proxy configuration; asks four questions')
    .option('--public-url <url>', 'the address that users see')
    .addOption(
      new Option(
        '--data <place>',
        'where data lives: on this machine, or in PostgreSQL, Redis and S3',
      ).choices(['disk', 'postgresql'] satisfies Answers['data'][]),
    )
    .addOption(
      new Option('--proxy <proxy>', 'the proxy on this machine').choices([
        'nginx',
        'caddy',
        'haproxy',
        'none',
      ] satisfies Answers['proxy'][]),
    )
    .addOption(
      new Option('--create <who>', 'who may create content').choices([
        'everyone',
        'keys',
      ] satisfies Answers['create'][]),
    )
    .option('--output <folder>', 'the folder of the files', '.')
    .option('--data-dir <folder>', 'the folder of the data', 'data')
    .addOption(new Option('--port <port>', 'the port of Mayfly').argParser(readPort).default(8080))
    .option('--certificate <path>', "the proxy's certificate, with its chain")
    .option('--certificate-key <path>', 'the key of the certificate')
    .option('--force', 'replace existing files, and keep them as .old')
    .action(async (options: InitOptions) => {
      outcome.code = await (await import('./init.ts')).init(environment, options);
    });
  withExamples(init, [
    ['mayfly init', 'ask'],
    [
      'mayfly init --public-url https://mayfly.example.com --data disk --proxy nginx --create everyone',
      'in a script',
    ],
  ]);
}

function readPort(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('It must be a port from 1 to 65535.');
  return Number(text);
}
