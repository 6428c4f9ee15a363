import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Outcome, withExamples } from '../shared/outcome.ts';
import type { CopyOptions } from './copying.ts';
import type { GetOptions } from './get.ts';
import type { ListOptions } from './list.ts';
import type { PutOptions } from './put.ts';
import type { RemoveOptions } from './remove.ts';
import type { Environment } from './settings.ts';
import type { WatchOptions } from './watch.ts';

/**
 * The commands of whoever uses a server: they speak to it over HTTP and load nothing of it, and of themselves only what
 * a call needs, since a script waits for every one of them to start.
 */
export function addUserCommands(program: Command, environment: Environment, outcome: Outcome): void {
  program.commandsGroup('Use a server:');
  const run = async (work: (signal: AbortSignal) => Promise<number>): Promise<void> => {
    outcome.code = await (await import('./interruptible.ts')).interruptible(work);
  };

  const put = program
    .command('put [file...]')
    .description('upload files or stdin, and print links')
    .option('-t, --ttl <duration>', 'how long it lasts: 90s, 10m, 2h, 7d')
    .option('-r, --reads <count>', 'gone after so many reads', readCount)
    .option('-e, --encrypt', 'encrypt here; the key is in the link only')
    .option('--no-encrypt', 'not even where the config file says so')
    .option('-p, --password [password]', 'encrypt with a password too; asked for where it is not given')
    .addOption(passwordFileOption())
    .option('--type <media type>', 'otherwise by the name, or else by the content')
    .option('-n, --name <name>', 'otherwise that of the file')
    .option('--json', 'print a line of JSON for each: url, id, expiry_time, delete_token, size, name …')
    .option('-c, --copy', 'copy the links to the clipboard')
    .option('--qr', 'draw each link as a QR code, on stderr')
    .addOption(keyOption())
    .addOption(urlOption())
    .action((files: string[], options: PutOptions) =>
      run(async (signal) => (await import('./put.ts')).put(environment, files, options, signal)),
    );
  withExamples(put, [
    ['mayfly put notes.txt', 'a link to it'],
    ['mayfly put --ttl 10m --reads 1 secret.env', 'gone after one read, or ten minutes'],
    ['make 2>&1 | mayfly put - --name build.log', 'from a pipe, as it comes'],
    ['mayfly put --encrypt *.pdf', 'a link for each; the server cannot read them'],
    ['mayfly put report.pdf --password', 'asks for a password'],
    ['mayfly put --json a.txt | jq -r .delete_token', 'for a script'],
  ]);

  const get = program
    .command('get <link>')
    .description('read what a link or an id names, decrypted')
    .option('-o, --output <path>', 'into this file or folder; - is stdout, a terminal too')
    .option('-O, --own-name', 'into a file of its own name')
    .option('-p, --password [password]', 'of what is encrypted with one; asked for where it is needed')
    .addOption(passwordFileOption())
    .option('-y, --yes', 'read without asking what can be read only so often')
    .addOption(urlOption())
    .action((link: string, options: GetOptions) =>
      run(async (signal) => (await import('./get.ts')).get(environment, link, options, signal)),
    );
  withExamples(get, [
    ['mayfly get http://localhost:8080/p/0b1f6d2c9a3e48578c6e5a4b3c2d1f00', 'to stdout'],
    ["mayfly get 'http://localhost:8080/p/0b1f…#K7g…' -O", 'decrypted, into a file of its own name'],
    ['mayfly get 0b1f6d2c9a3e48578c6e5a4b3c2d1f00 -o disk.img', 'the same again goes on where it broke off'],
  ]);

  const remove = program
    .command('rm <link...>')
    .description('delete payloads or objects')
    .option('--token <token>', 'the delete token, of what was not put from here')
    .addOption(urlOption())
    .action((links: string[], options: RemoveOptions) =>
      run(async (signal) => (await import('./remove.ts')).remove(environment, links, options, signal)),
    );
  withExamples(remove, [
    ['mayfly rm 0b1f6d2c9a3e48578c6e5a4b3c2d1f00', 'put from here: its token is known'],
    ['mayfly rm photos:2026/may.jpg', 'an object'],
  ]);

  const list = program
    .command('ls [bucket]')
    .description('list what was put from here, or objects')
    .option('--buckets', 'the buckets of the account')
    .option('--json', 'a line of JSON for each')
    .addOption(urlOption())
    .action((bucket: string | undefined, options: ListOptions) =>
      run(async (signal) => (await import('./list.ts')).list(environment, bucket, options, signal)),
    );
  withExamples(list, [
    ['mayfly ls', 'what was put from here and has not expired'],
    ['mayfly ls photos:2026/', 'objects whose keys begin so'],
  ]);

  const copy = program
    .command('cp <path> <more...>')
    .description('copy files to buckets and back')
    .usage('[options] <source...> <target>')
    .option('-r, --recursive', 'folders, and all keys below a prefix')
    .option('-t, --ttl <duration>', 'how long an object lasts; otherwise as its bucket has it')
    .option('--type <media type>', 'of an object; otherwise by its name')
    .addOption(urlOption())
    .action((path: string, more: string[], options: CopyOptions) =>
      run(async (signal) => (await import('./copy.ts')).copy(environment, [path, ...more], options, signal)),
    );
  withExamples(copy, [
    ['mayfly cp disk.img backups:', 'under its own name'],
    ['mayfly cp -r site/ www:2026/', 'a folder'],
    ['mayfly cp backups:disk.img .', 'and back'],
    ['pg_dump shop | mayfly cp - backups:shop.sql', 'from a pipe'],
  ]);

  const watch = program
    .command('watch <folder>')
    .description('upload what is new or changed in a folder')
    .option('--to <bucket:prefix>', 'as objects; otherwise as payloads')
    .option('-t, --ttl <duration>', 'how long each lasts')
    .option('-r, --reads <count>', 'gone after so many reads', readCount)
    .option('-e, --encrypt', 'encrypt here; the key is in the link only')
    .option('--no-encrypt', 'not even where the config file says so')
    .option('-p, --password [password]', 'encrypt with a password too')
    .addOption(passwordFileOption())
    .option('--json', 'print a line of JSON for each')
    .addOption(keyOption())
    .addOption(urlOption())
    .action((folder: string, options: WatchOptions) =>
      run(async (signal) => (await import('./watch.ts')).watch(environment, folder, options, signal)),
    );
  withExamples(watch, [
    ['mayfly watch ~/Screenshots --ttl 1d --json', 'a link for each new picture'],
    ['mayfly watch dist --to www:latest/', 'a bucket that follows a folder'],
  ]);

  const completion = program
    .command('completion <shell>')
    .description('print completions for bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionFor } = await import('./completion/index.ts');
      process.stdout.write(completionFor(shell, program));
    });
  completion.registeredArguments[0]?.choices(['bash', 'zsh', 'fish']);
  withExamples(completion, [
    ['source <(mayfly completion bash)', 'in ~/.bashrc'],
    ['source <(mayfly completion zsh)', 'in ~/.zshrc, after compinit'],
    ['mayfly completion fish > ~/.config/fish/completions/mayfly.fish', ''],
  ]);
}

/** What is in a file is in no list of processes. */
const passwordFileOption = () =>
  new Option('--password-file <path>', 'the first line of a file is the password; - is stdin').conflicts(
    'password',
  );
const keyOption = () =>
  new Option('--key <key>', 'the account to put it into (default: MAYFLY_KEY, or as configured)');
const urlOption = () => new Option('--url <url>', 'the server (default: MAYFLY_URL, or as configured)');

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of 1 or more.');
  return Number(text);
}
