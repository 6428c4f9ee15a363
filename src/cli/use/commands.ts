import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Outcome, withExamples } from '../shared/outcome.ts';
import type { CopyOptions } from './copy/copying.ts';
import type { GetOptions } from './get/get.ts';
import type { ListOptions } from './list.ts';
import type { LoginOptions } from './login/login.ts';
import type { PutOptions } from './put/put.ts';
import type { RemoveOptions } from './remove.ts';
import type { Environment } from './settings.ts';
import type { WatchOptions } from './watch.ts';

/**
 * The commands for users of a server. They call it over HTTP and load none of the server's code. Each loads only the
 * modules that it needs, so that it starts fast in scripts.
 */
export function addUserCommands(program: Command, environment: Environment, outcome: Outcome): void {
  program.commandsGroup('Use a server:');
  const run = async (work: (signal: AbortSignal) => Promise<number>): Promise<void> => {
    outcome.code = await (await import('./interruptible.ts')).interruptible(work);
  };

  const put = program
    .command('put [file...]')
    .description('upload files or stdin, and print links')
    .option('-t, --ttl <duration>', 'expire after this time: 90s, 10m, 2h, 7d')
    .option('-r, --reads <count>', 'delete after this number of reads', readCount)
    .option('-e, --encrypt', 'encrypt before the upload; only the link has the key')
    .option('--no-encrypt', 'do not encrypt, even if the config file says so')
    .option('-p, --password [password]', 'also encrypt with a password; asks for it if none is given')
    .addOption(passwordFileOption())
    .option('--type <media type>', 'the media type (default: by name, then by content)')
    .option('-n, --name <name>', 'the file name (default: the name of the file)')
    .option('--json', 'print one line of JSON per file: url, id, expiry_time, delete_token, size, name …')
    .option('-c, --copy', 'copy the links to the clipboard')
    .option('--qr', 'print a QR code of each link to stderr')
    .addOption(keyOption())
    .addOption(urlOption())
    .action((files: string[], options: PutOptions) =>
      run(async (signal) => (await import('./put/put.ts')).put(environment, files, options, signal)),
    );
  withExamples(put, [
    ['mayfly put notes.txt', 'print a link'],
    ['mayfly put --ttl 10m --reads 1 secret.env', 'delete after one read or ten minutes'],
    ['make 2>&1 | mayfly put - --name build.log', 'stream from a pipe'],
    ['mayfly put --encrypt *.pdf', 'print a link for each; the server cannot read them'],
    ['mayfly put report.pdf --password', 'ask for a password'],
    ['mayfly put --json a.txt | jq -r .delete_token', 'in a script'],
  ]);

  const get = program
    .command('get <link>')
    .description('download a payload by its link or id, and decrypt it')
    .option('-o, --output <path>', 'write to this file or folder; - is stdout, even a terminal')
    .option('-O, --own-name', 'write to a file with the name of the payload')
    .option('-p, --password [password]', 'the password it is encrypted with; asks for it if needed')
    .addOption(passwordFileOption())
    .option('-y, --yes', 'read without asking, even if reads are limited')
    .addOption(urlOption())
    .action((link: string, options: GetOptions) =>
      run(async (signal) => (await import('./get/get.ts')).get(environment, link, options, signal)),
    );
  withExamples(get, [
    ['mayfly get http://localhost:8080/p/0b1f6d2c9a3e48578c6e5a4b3c2d1f00', 'print to stdout'],
    ["mayfly get 'http://localhost:8080/p/0b1f…#K7g…' -O", 'decrypt, and write to a file with its own name'],
    ['mayfly get 0b1f6d2c9a3e48578c6e5a4b3c2d1f00 -o disk.img', 'run it again to resume after a failure'],
  ]);

  const remove = program
    .command('rm <link...>')
    .description('delete payloads or objects')
    .option('--token <token>', 'the delete token of a payload that was not put from here')
    .addOption(urlOption())
    .action((links: string[], options: RemoveOptions) =>
      run(async (signal) => (await import('./remove.ts')).remove(environment, links, options, signal)),
    );
  withExamples(remove, [
    ['mayfly rm 0b1f6d2c9a3e48578c6e5a4b3c2d1f00', 'a payload put from here; its token is saved'],
    ['mayfly rm photos:2026/may.jpg', 'an object'],
  ]);

  const list = program
    .command('ls [bucket]')
    .description('list payloads put from here, or objects')
    .option('--buckets', 'list the buckets of the account')
    .option('--json', 'print one line of JSON per entry')
    .addOption(urlOption())
    .action((bucket: string | undefined, options: ListOptions) =>
      run(async (signal) => (await import('./list.ts')).list(environment, bucket, options, signal)),
    );
  withExamples(list, [
    ['mayfly ls', 'payloads put from here that have not expired'],
    ['mayfly ls photos:2026/', 'objects whose keys begin with 2026/'],
  ]);

  const copy = program
    .command('cp <path> <more...>')
    .description('copy files to buckets, and objects to files')
    .usage('[options] <source...> <target>')
    .option('-r, --recursive', 'copy folders, or all objects below a key prefix')
    .option('-t, --ttl <duration>', "expire after this time (default: the bucket's)")
    .option('--type <media type>', 'the media type of the object (default: by name)')
    .addOption(urlOption())
    .action((path: string, more: string[], options: CopyOptions) =>
      run(async (signal) =>
        (await import('./copy/copy.ts')).copy(environment, [path, ...more], options, signal),
      ),
    );
  withExamples(copy, [
    ['mayfly cp disk.img backups:', 'upload under its own name'],
    ['mayfly cp -r site/ www:2026/', 'upload a folder'],
    ['mayfly cp backups:disk.img .', 'download'],
    ['pg_dump shop | mayfly cp - backups:shop.sql', 'upload from a pipe'],
  ]);

  const watch = program
    .command('watch <folder>')
    .description('upload new and changed files of a folder')
    .option('--to <bucket:prefix>', 'upload as objects (default: as payloads)')
    .option('-t, --ttl <duration>', 'expire after this time')
    .option('-r, --reads <count>', 'delete after this number of reads', readCount)
    .option('-e, --encrypt', 'encrypt before the upload; only the link has the key')
    .option('--no-encrypt', 'do not encrypt, even if the config file says so')
    .option('-p, --password [password]', 'also encrypt with a password')
    .addOption(passwordFileOption())
    .option('--json', 'print one line of JSON per file')
    .addOption(keyOption())
    .addOption(urlOption())
    .action((folder: string, options: WatchOptions) =>
      run(async (signal) => (await import('./watch.ts')).watch(environment, folder, options, signal)),
    );
  withExamples(watch, [
    ['mayfly watch ~/Screenshots --ttl 1d --json', 'print a link for each new picture'],
    ['mayfly watch dist --to www:latest/', 'mirror a folder to a bucket'],
  ]);

  const login = program
    .command('login <url>')
    .description('save the address of a server and an API key, for the commands above')
    .option(
      '--key-file <path>',
      'read the key from the first line of a file; - is stdin (default: MAYFLY_KEY, or asks for it)',
    )
    .option('--no-key', 'save only the address')
    .action((url: string, options: LoginOptions) =>
      run(async (signal) => (await import('./login/login.ts')).login(environment, url, options, signal)),
    );
  withExamples(login, [
    ['mayfly login https://mayfly.example.com', 'ask for the key, or take an empty one'],
    ['pass show mayfly | mayfly login https://mayfly.example.com', 'with the key from a pipe'],
    ['mayfly login --no-key http://localhost:8080', 'the address only'],
  ]);

  const logout = program
    .command('logout')
    .description('remove the saved address and API key')
    .action(() => run(async () => (await import('./login/login.ts')).logout(environment)));
  withExamples(logout, [['mayfly logout', 'the other settings of the config file stay']]);

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

/** Unlike an argument, a password in a file does not appear in process lists. */
const passwordFileOption = () =>
  new Option(
    '--password-file <path>',
    'read the password from the first line of a file; - is stdin',
  ).conflicts('password');
const keyOption = () =>
  new Option(
    '--key <key>',
    'an API key; its account owns the payload (default: MAYFLY_KEY, or as configured)',
  );
const urlOption = () => new Option('--url <url>', 'the server (default: MAYFLY_URL, or as configured)');

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of 1 or more.');
  return Number(text);
}
