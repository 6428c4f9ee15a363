import { type Command, Option } from 'commander';
import type { Services } from '../../composition/index.ts';
import { type Outcome, withExamples } from '../shared/outcome.ts';
import type { CheckOptions } from './check.ts';
import type { NewRouteOptions } from './file-routes.ts';
import { addInitCommand } from './init/init-command.ts';
import type { NewKeyOptions } from './keys.ts';
import type { MoveOptions } from './move.ts';
import type { PlanOptions } from './plans.ts';
import {
  orNone,
  readCount,
  readDuration,
  readRouteSize,
  readSize,
  readText,
  readTime,
} from './quantities.ts';
import type { RestoredOptions } from './restored.ts';
import type { Environment, Needs, withConfig } from './run.ts';

const accountOption = () =>
  new Option('--account <name>', 'the account that owns it').argParser(readText).makeOptionMandatory();

/**
 * The commands for operators. They use the server's settings and work directly on its database and blobs. Each loads
 * the server's modules only when it is called.
 */
export function addOperatorCommands(program: Command, environment: Environment, outcome: Outcome): void {
  program.commandsGroup('Run a server:');

  const onConfig = async (load: () => Promise<Parameters<typeof withConfig>[1]>) => {
    const [{ withConfig }, run] = await Promise.all([import('./run.ts'), load()]);
    outcome.code = await withConfig(environment, run);
  };
  const onServices: OnServices = async (run, needs) => {
    const { withServices } = await import('./run.ts');
    outcome.code = await withServices(environment, async (services) => run(services), needs);
  };

  addInitCommand(program, environment, outcome);
  const serve = program
    .command('serve')
    .description('serve until SIGTERM (the default)')
    .action(() => onConfig(async () => (await import('./workers/index.ts')).startServer));
  withExamples(serve, [
    ['mayfly', 'serve on port 8080, with data in ./data'],
    ['PORT=80 DATA_DIR=/var/lib/mayfly mayfly serve', 'with settings from the environment'],
  ]);

  program
    .command('migrate')
    .description('migrate the database to the current schema')
    .action(() => onConfig(async () => (await import('./maintenance.ts')).migrate));

  program
    .command('sweep')
    .description('remove expired data once')
    .action(() =>
      onServices(async (services) => (await import('./maintenance.ts')).sweep(services), {
        sameSettings: 'blobs',
        notRestored: true,
      }),
    );

  program
    .command('check')
    .description('check the database for damage, and compare it with the stored blobs')
    .option('--repair', 'after a restore: remove blobs without a row, and bring missing ones back')
    .action((options: CheckOptions) =>
      onServices(async (services) => (await import('./check.ts')).check(services, options), {
        sameSettings: 'blobs',
        notRestored: options.repair === true,
      }),
    );

  const restored = program
    .command('restored')
    .description('make a database ready for servers that was restored to an earlier time')
    .option('--until <time>', 'the time that it was restored to, such as 2030-01-31T12:00:00Z', readTime)
    .option('--revoke-all', 'revoke all keys that were active then')
    .option('--mark', 'record that it was restored, so that no server serves it')
    .action((options: RestoredOptions) =>
      onServices(async (services) => (await import('./restored.ts')).restored(services, options), {
        sameSettings: 'blobs',
      }),
    );
  withExamples(restored, [["mayfly restored --until '2030-01-31 12:00:00+00'", '']]);

  const backup = program
    .command('backup <destination>')
    .description('back up the database file and the blobs to a new folder; a server may run')
    .action((destination: string) =>
      onConfig(async () => {
        const { backUp } = await import('./backup.ts');
        return (config) => backUp(config, destination);
      }),
    );
  withExamples(backup, [['mayfly backup /backup/mayfly-$(date +%F)', 'one for each day']]);

  const restore = program
    .command('restore <backup>')
    .description('restore a backup into an empty DATA_DIR, without counted payloads and what has expired')
    .option('--move-existing', 'move existing data into a folder before-restore-TIME first')
    .action((source: string, options: { moveExisting?: boolean }) =>
      onConfig(async () => {
        const { restore } = await import('./backup.ts');
        return (config) => restore(config, source, options);
      }),
    );
  withExamples(restore, [['mayfly restore /backup/mayfly-2026-11-30', '']]);

  const move = program
    .command('move')
    .description('move everything from SQLite to PostgreSQL, while servers use it')
    .option('--to <url>', 'the postgres:// URL of an empty database')
    .option('--undo', 'go back, as long as no server or command has used the target')
    .addOption(
      new Option('--max-stop <duration>', 'the maximum time without writes, such as 2m')
        .argParser(readDuration)
        .default(120_000, '2m'),
    )
    .action((options: MoveOptions) =>
      onConfig(async () => {
        const { moveDatabase } = await import('./move.ts');
        return (config) => moveDatabase(config, options);
      }),
    );
  withExamples(move, [
    ['mayfly move --to postgres://mayfly@db.example/mayfly?sslmode=verify-full', 'begin, or continue'],
  ]);

  addKeyCommands(program, onServices);
  addAccountCommands(program, onServices);
  addRouteCommands(program, onServices);
  addPlanCommands(program, onServices);
  addBanCommands(program, onServices);
  addRemovalCommands(program, onServices);

  program
    .command('cors')
    .description("set the S3 bucket's CORS rule, so that pages can PUT to presigned URLs")
    .action(() => onConfig(async () => (await import('./cross-origin.ts')).setCrossOriginRule));
}

type OnServices = (run: (services: Services) => number | Promise<number>, needs?: Needs) => Promise<void>;

function addKeyCommands(program: Command, onServices: OnServices): void {
  const keys = program.command('keys').description('API keys: create, list, revoke');
  const create = keys
    .command('create')
    .description('create an API key, and its account if it does not exist; prints only the key')
    .addOption(
      new Option(
        '--kind <kind>',
        'what it is for: the bucket API (storage), UploadKit (uploadkit), or only creating payloads (payload)',
      )
        .choices(['storage', 'uploadkit', 'payload'])
        .makeOptionMandatory(),
    )
    .addOption(accountOption())
    .option('--plan <plan>', 'the plan of a new account (default: unlimited)')
    .option('--name <name>', 'a label for the key')
    .action((options: NewKeyOptions) =>
      onServices(async (services) => (await import('./keys.ts')).createKey(services, options), {
        mayCreate: true,
      }),
    );
  withExamples(create, [
    ['mayfly keys create --kind storage --account acme', 'a key for the bucket API'],
    ['mayfly keys create --kind payload --account acme', 'a key that can only create payloads'],
  ]);
  keys
    .command('list')
    .description('list active keys, without their secrets')
    .action(() => onServices(async (services) => (await import('./keys.ts')).listKeys(services)));
  keys
    .command('revoke <id>')
    .description('revoke a key; a running server applies it at once')
    .action((id: string) =>
      onServices(async (services) => (await import('./keys.ts')).revokeKey(services, id)),
    );
}

function addAccountCommands(program: Command, onServices: OnServices): void {
  const accounts = program.command('accounts').description('accounts and their plans: list, set');
  accounts
    .command('list')
    .description('list accounts with a name, and their usage')
    .action(() => onServices(async (services) => (await import('./accounts.ts')).listAccounts(services)));
  accounts
    .command('set <name>')
    .description('change the plan of an account')
    .addOption(new Option('--plan <plan>', 'the new plan').argParser(readText).makeOptionMandatory())
    .action((name: string, options: { plan: string }) =>
      onServices(async (services) => (await import('./accounts.ts')).setAccount(services, name, options)),
    );
}

function addRouteCommands(program: Command, onServices: OnServices): void {
  const routes = program.command('routes').description("UploadKit's file routes: create, list, delete");
  const create = routes
    .command('create <slug>')
    .description('create a file route; prints only the secret of its webhook')
    .addOption(accountOption())
    .addOption(
      new Option('--max-size <size>', 'the maximum size of a file, such as 4MB (1 MB is 1024 KB here)')
        .argParser(readRouteSize)
        .makeOptionMandatory(),
    )
    .option('--types <types>', 'allowed media types, separated by commas, such as image/*,video/mp4', '')
    .option('--webhook <url>', 'a URL that receives an event for each file')
    .action((slug: string, options: NewRouteOptions) =>
      onServices(
        async (services) => (await import('./file-routes.ts')).createRoute(services, slug, options),
        { sameSettings: 'secret' },
      ),
    );
  withExamples(create, [
    ["mayfly routes create avatars --account acme --max-size 4MB --types 'image/*'", 'pictures up to 4 MB'],
  ]);
  routes
    .command('list')
    .description('list file routes')
    .action(() => onServices(async (services) => (await import('./file-routes.ts')).listRoutes(services)));
  routes
    .command('delete <slug>')
    .description('delete a file route; its open uploads can still be completed')
    .addOption(accountOption())
    .action((slug: string, options: { account: string }) =>
      onServices(async (services) => (await import('./file-routes.ts')).deleteRoute(services, slug, options)),
    );
}

function addPlanCommands(program: Command, onServices: OnServices): void {
  const plans = program.command('plans').description('limits of accounts: set, list');
  const set = plans
    .command('set <name>')
    .description('change or add a plan; the value none removes a limit')
    .option('--storage <size>', 'total size, such as 1GiB', orNone(readSize))
    .option('--max-file <size>', 'maximum size of a file, such as 100MiB', orNone(readSize))
    .option('--max-files <count>', 'maximum number of files', orNone(readCount))
    .option('--lifetime <duration>', 'lifetime of new accounts, such as 30d', orNone(readDuration))
    .action((name: string, options: PlanOptions) =>
      onServices(async (services) => (await import('./plans.ts')).setPlan(services, name, options), {
        mayCreate: true,
      }),
    );
  withExamples(set, [['mayfly plans set pro --storage 50GiB --max-files none', '']]);
  plans
    .command('list')
    .description('list plans')
    .action(() => onServices(async (services) => (await import('./plans.ts')).listPlans(services)));
}

function addBanCommands(program: Command, onServices: OnServices): void {
  program
    .command('ban <ip>')
    .description('refuse an address or a CIDR range')
    .action((range: string) =>
      onServices(async (services) => (await import('./bans.ts')).ban(services, range)),
    );
  program
    .command('unban <ip>')
    .description('lift a ban')
    .action((range: string) =>
      onServices(async (services) => (await import('./bans.ts')).unban(services, range)),
    );
  program
    .command('bans')
    .description('list bans')
    .action(() => onServices(async (services) => (await import('./bans.ts')).listBans(services)));
}

function addRemovalCommands(program: Command, onServices: OnServices): void {
  const remove = program
    .command('remove <url...>')
    .description('remove payloads, files and objects of any account at once')
    .option('--block', 'also refuse uploads of the same content (by SHA-256)')
    .action((urls: string[], options: { block?: boolean }) =>
      onServices(async (services) => (await import('./remove.ts')).remove(services, urls, options), {
        sameSettings: 'blobs',
      }),
    );
  withExamples(remove, [
    ['mayfly remove https://mayfly.example/p/0b1f6d2c9a3e48578c6e5a4b3c2d1f00', 'a payload'],
    ['mayfly remove --block /v1/buckets/photos/objects/cat.jpg', 'an object, and refuse new copies of it'],
  ]);
  const blocks = program.command('blocks').description('blocked content: list, remove');
  blocks
    .command('list')
    .description('list the SHA-256 of blocked content')
    .action(() => onServices(async (services) => (await import('./remove.ts')).listBlocks(services)));
  blocks
    .command('remove <sha256...>')
    .description('accept the content again')
    .action((hashes: string[]) =>
      onServices(async (services) => (await import('./remove.ts')).removeBlocks(services, hashes)),
    );
}
