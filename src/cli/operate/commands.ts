import { type Command, Option } from 'commander';
import type { Services } from '../../services.ts';
import { type Outcome, withExamples } from '../shared/outcome.ts';
import type { NewRouteOptions } from './file-routes.ts';
import type { NewKeyOptions } from './keys.ts';
import type { PlanOptions } from './plans.ts';
import { orNone, readCount, readDuration, readRouteSize, readSize, readText } from './quantities.ts';
import type { Environment, Needs } from './run.ts';

const accountOption = () =>
  new Option('--account <name>', 'whose it is').argParser(readText).makeOptionMandatory();

/**
 * The commands of whoever runs a server: they work on its database and its files, by its settings. Nothing of the
 * server is loaded before one of them is called.
 */
export function addOperatorCommands(program: Command, environment: Environment, outcome: Outcome): void {
  program.commandsGroup('Run a server:');

  const onServices: OnServices = async (run, needs) => {
    const { withServices } = await import('./run.ts');
    outcome.code = await withServices(environment, async (services) => run(services), needs);
  };

  const serve = program
    .command('serve')
    .description('serve until SIGTERM (the default)')
    .action(async () => {
      const [{ withConfig }, { serve: run }] = await Promise.all([import('./run.ts'), import('./serve.ts')]);
      outcome.code = await withConfig(environment, run);
    });
  withExamples(serve, [
    ['mayfly', 'on port 8080, with its data in ./data'],
    ['PORT=80 DATA_DIR=/var/lib/mayfly mayfly serve', 'settings come from the environment'],
  ]);

  program
    .command('migrate')
    .description('bring the database up to date')
    .action(async () => {
      const [{ withConfig }, { migrate }] = await Promise.all([
        import('./run.ts'),
        import('./maintenance.ts'),
      ]);
      outcome.code = await withConfig(environment, migrate);
    });

  program
    .command('sweep')
    .description('remove what has expired, once')
    .action(() =>
      onServices(async (services) => (await import('./maintenance.ts')).sweep(services), {
        sameSettings: 'blobs',
      }),
    );

  program
    .command('check')
    .description('look for damage, and compare rows with bytes and usage with what is stored')
    .action(() =>
      onServices(async (services) => (await import('./check.ts')).check(services), { sameSettings: 'blobs' }),
    );

  addKeyCommands(program, onServices);
  addAccountCommands(program, onServices);
  addRouteCommands(program, onServices);
  addPlanCommands(program, onServices);
  addBanCommands(program, onServices);
  addRemovalCommands(program, onServices);

  program
    .command('cors')
    .description("set the S3 bucket's CORS rule, so that pages may PUT to presigned URLs")
    .action(async () => {
      const [{ withConfig }, { setCrossOriginRule }] = await Promise.all([
        import('./run.ts'),
        import('./cross-origin.ts'),
      ]);
      outcome.code = await withConfig(environment, setCrossOriginRule);
    });
}

type OnServices = (run: (services: Services) => number | Promise<number>, needs?: Needs) => Promise<void>;

function addKeyCommands(program: Command, onServices: OnServices): void {
  const keys = program.command('keys').description('keys of accounts: create, list, revoke');
  const create = keys
    .command('create')
    .description('make a key, and the account where there is none; prints the key alone')
    .addOption(
      new Option(
        '--kind <kind>',
        'what it opens: the bucket API, UploadKit, or the creation of payloads alone',
      )
        .choices(['storage', 'uploadkit', 'payload'])
        .makeOptionMandatory(),
    )
    .addOption(accountOption())
    .option('--plan <plan>', 'of a new account (default: unlimited)')
    .option('--name <name>', 'to tell keys apart')
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
    .description('every key that is in force, without its secret')
    .action(() => onServices(async (services) => (await import('./keys.ts')).listKeys(services)));
  keys
    .command('revoke <id>')
    .description('end a key at once, for a running server too')
    .action((id: string) =>
      onServices(async (services) => (await import('./keys.ts')).revokeKey(services, id)),
    );
}

function addAccountCommands(program: Command, onServices: OnServices): void {
  const accounts = program.command('accounts').description('accounts and their plans: list, set');
  accounts
    .command('list')
    .description('accounts that have a name, and what they hold')
    .action(() => onServices(async (services) => (await import('./accounts.ts')).listAccounts(services)));
  accounts
    .command('set <name>')
    .description('put an account under another plan')
    .addOption(new Option('--plan <plan>', 'its new plan').argParser(readText).makeOptionMandatory())
    .action((name: string, options: { plan: string }) =>
      onServices(async (services) => (await import('./accounts.ts')).setAccount(services, name, options)),
    );
}

function addRouteCommands(program: Command, onServices: OnServices): void {
  const routes = program.command('routes').description("UploadKit's file routes: create, list, delete");
  const create = routes
    .command('create <slug>')
    .description('make a file route; prints the secret of its webhook alone')
    .addOption(accountOption())
    .addOption(
      new Option('--max-size <size>', 'of a file, such as 4MB; 1 MB is 1024 KB here')
        .argParser(readRouteSize)
        .makeOptionMandatory(),
    )
    .option('--types <types>', 'media types with commas between, such as image/*,video/mp4', '')
    .option('--webhook <url>', 'told of each file')
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
    .description('every file route')
    .action(() => onServices(async (services) => (await import('./file-routes.ts')).listRoutes(services)));
  routes
    .command('delete <slug>')
    .description('end a file route; what is under way by it can still be completed')
    .addOption(accountOption())
    .action((slug: string, options: { account: string }) =>
      onServices(async (services) => (await import('./file-routes.ts')).deleteRoute(services, slug, options)),
    );
}

function addPlanCommands(program: Command, onServices: OnServices): void {
  const plans = program.command('plans').description('what accounts may hold: set, list');
  const set = plans
    .command('set <name>')
    .description('change a plan or add one; none takes a limit away')
    .option('--storage <size>', 'in all, such as 1GiB', orNone(readSize))
    .option('--max-file <size>', 'a file, such as 100MiB', orNone(readSize))
    .option('--max-files <count>', 'how many files', orNone(readCount))
    .option('--lifetime <duration>', 'of accounts made from then on, such as 30d', orNone(readDuration))
    .action((name: string, options: PlanOptions) =>
      onServices(async (services) => (await import('./plans.ts')).setPlan(services, name, options), {
        mayCreate: true,
      }),
    );
  withExamples(set, [['mayfly plans set pro --storage 50GiB --max-files none', '']]);
  plans
    .command('list')
    .description('every plan')
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
    .description('take a ban back')
    .action((range: string) =>
      onServices(async (services) => (await import('./bans.ts')).unban(services, range)),
    );
  program
    .command('bans')
    .description('list what is banned')
    .action(() => onServices(async (services) => (await import('./bans.ts')).listBans(services)));
}

function addRemovalCommands(program: Command, onServices: OnServices): void {
  const remove = program
    .command('remove <url...>')
    .description('take down payloads, files and objects of any owner at once')
    .option('--block', 'refuse the same content from then on (SHA-256)')
    .action((urls: string[], options: { block?: boolean }) =>
      onServices(async (services) => (await import('./remove.ts')).remove(services, urls, options), {
        sameSettings: 'blobs',
      }),
    );
  withExamples(remove, [
    ['mayfly remove https://mayfly.example/p/0b1f6d2c9a3e48578c6e5a4b3c2d1f00', 'a payload'],
    ['mayfly remove --block /v1/buckets/photos/objects/cat.jpg', 'an object, and every copy to come'],
  ]);
  const blocks = program.command('blocks').description('content that is refused: list, remove');
  blocks
    .command('list')
    .description('the SHA-256 of each')
    .action(() => onServices(async (services) => (await import('./remove.ts')).listBlocks(services)));
  blocks
    .command('remove <sha256...>')
    .description('take such content again')
    .action((hashes: string[]) =>
      onServices(async (services) => (await import('./remove.ts')).removeBlocks(services, hashes)),
    );
}
