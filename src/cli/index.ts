import { type Config, readConfig, SettingError } from '../config/index.ts';
import { type Difference, differences } from '../core/deployment.ts';
import { Failure } from '../core/failure.ts';
import { createLog } from '../observe/log.ts';
import { createServices, type Services } from '../services.ts';
import { listAccounts, setAccount } from './accounts.ts';
import { UsageError } from './arguments.ts';
import { ban, listBans, unban } from './bans.ts';
import { check } from './check.ts';
import { setCrossOriginRule } from './cross-origin.ts';
import { createRoute, deleteRoute, listRoutes } from './file-routes.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { migrate, sweep } from './maintenance.ts';
import { listPlans, setPlan } from './plans.ts';
import { serve } from './serve.ts';

/** What is done with a command's own arguments. Resolves with the exit code. */
type Command = (config: Config, given: string[]) => number | Promise<number>;

const commands: Record<string, Command> = {
  serve: withoutArguments(serve),
  migrate: withoutArguments(migrate),
  sweep: withServices(sweep, 'blobs'),
  check: withServices(check, 'blobs'),
  'accounts list': withServices(listAccounts),
  'accounts set': withServices(setAccount),
  'keys create': withServices(createKey),
  'keys list': withServices(listKeys),
  'keys revoke': withServices(revokeKey),
  'routes create': withServices(createRoute, 'secret'),
  'routes list': withServices(listRoutes),
  'routes delete': withServices(deleteRoute),
  'plans set': withServices(setPlan),
  'plans list': withServices(listPlans),
  ban: withServices(ban),
  unban: withServices(unban),
  bans: withServices(listBans),
  cors: withServices(setCrossOriginRule),
};

const help = `usage: mayfly [command]

  serve      serve until SIGTERM (the default)
  migrate    bring the database up to date
  sweep      remove what has expired, once
  check      compare rows with bytes, both ways, and usage with what is stored

  keys create --kind storage|uploadkit --account NAME [--plan PLAN] [--name NAME]
             make a key, and the account where there is none; prints the key alone
  keys list
  keys revoke ID

  accounts list
  accounts set NAME --plan PLAN

  routes create SLUG --account NAME --max-size 4MB [--types 'image/*,video/mp4'] [--webhook URL]
             make a file route; prints the secret of its webhook alone
  routes list
  routes delete SLUG --account NAME

  plans set NAME [--storage 1GiB] [--max-file 100MiB] [--max-files 1000] [--lifetime 30d]
             change a plan or add one; none takes a limit away
  plans list

  ban IP     refuse an address or a CIDR range
  unban IP
  bans       list what is banned

  cors       set the S3 bucket's CORS rule, so that pages may PUT to presigned URLs

Settings come from the environment; the README lists them.
`;

/** Runs a command. Resolves with the exit code: 0 for success, 1 for failure, 2 for a wrong call. */
export async function runCommand(
  given: string[],
  environment: Record<string, string | undefined>,
): Promise<number> {
  const [first = 'serve', second] = given;
  if (first === '--help' || first === '-h' || first === 'help') {
    console.log(help);
    return 0;
  }
  const isPair = Object.hasOwn(commands, `${first} ${second}`);
  const name = isPair ? `${first} ${second}` : first;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    console.error(help);
    return 2;
  }
  // The database and the blobs are for the service alone, whatever else runs on this machine.
  process.umask(0o077);
  try {
    return await command(readConfig(environment), given.slice(isPair ? 2 : 1));
  } catch (error) {
    return explain(error);
  }
}

/** One line for what the operator can mend; a trace only for what they cannot. */
function explain(error: unknown): number {
  const isTheirs = [SettingError, UsageError, Failure].some((kind) => error instanceof kind);
  console.error(isTheirs && error instanceof Error ? `mayfly: ${error.message}` : error);
  if (!(error instanceof UsageError)) return 1;
  console.error('mayfly --help shows how it is called.');
  return 2;
}

function withoutArguments(run: (config: Config) => number | Promise<number>): Command {
  return (config, given) => {
    if (given.length > 0) throw new UsageError('this command takes no arguments');
    return run(config);
  };
}

/** Under other settings than the server's, a sweep forgets blobs and a webhook's secret is another. */
async function requireServersSettings({ stores, deployment }: Services, needed: Difference): Promise<void> {
  const names = { blobs: 'S3_*', secret: 'SECRET' };
  if ((await differences(stores.deployment, deployment)).includes(needed))
    throw new SettingError(`${names[needed]} must be as the server of this database was last started with`);
}

/**
 * Runs a command over the services, beside a running server or without one.
 *
 * @param needed Which settings must be the server's, where it is not all the same.
 */
function withServices(
  run: (services: Services, given: string[]) => Promise<number>,
  needed?: Difference,
): Command {
  return async (config, given) => {
    const log = createLog(config.logLevel);
    const services = await createServices(config, log);
    try {
      if (needed) await requireServersSettings(services, needed);
      return await run(services, given);
    } finally {
      await services.close();
      log.flush();
    }
  };
}
