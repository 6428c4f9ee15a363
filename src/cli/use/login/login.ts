import { beginningOf } from '../../../client/connection/errors.ts';
import { answered } from '../../../client/connection/transport.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { configPath, readConfigFile, writeConfigFile } from '../config-file.ts';
import { firstLineOf } from '../first-line.ts';
import { descriptionPath, isLoopbackHost, publicUrlIn } from '../server-description.ts';
import { type Environment, requireServerUrl } from '../settings.ts';
import { askHidden, canAsk, printable, write } from '../terminal.ts';
import { checkKey } from './key-check.ts';

/** How long a server may take to answer a check (ms). It could never end its answer. */
const patience = 30_000;

export type LoginOptions = {
  /** The file with the API key in its first line; `-` is stdin. */
  keyFile?: string;
  /** False for `--no-key`. */
  key: boolean;
};

/**
 * `login`: keeps the address of a server, and an API key that it accepts, in the config file.
 *
 * @param timeout For each check (ms).
 */
export async function login(
  environment: Environment,
  address: string,
  options: LoginOptions,
  signal: AbortSignal,
  timeout = patience,
): Promise<number> {
  const url = requireServerUrl(address);
  const path = configPath(environment);
  // A file that cannot be read is reported before the question for the key.
  await readConfigFile(path);
  const inTime = async <Result>(check: (signal: AbortSignal) => Promise<Result>) => {
    const limit = AbortSignal.timeout(timeout);
    return await check(AbortSignal.any([signal, limit])).catch((error: unknown) => {
      signal.throwIfAborted();
      throw limit.aborted
        ? new CommandFailure(`${url} does not answer in time: check the address`, exitCodes.away)
        : error;
    });
  };
  await inTime((limited) => requireMayfly(url, limited));
  if (url.startsWith('http:') && !isLoopbackHost(new URL(url).hostname))
    warn(`${url} is not encrypted: others on the network can read your key and content; use https://`);
  const key = options.key ? await keyOf(environment, options, signal) : '';
  const found = key === '' ? undefined : await inTime((limited) => checkKey(url, key, limited));
  // Read again, since the file may have changed during the question.
  const { url: _url, key: _key, ...others } = await readConfigFile(path);
  await writeConfigFile(path, { url, ...(key !== '' && { key }), ...others });
  for (const name of ['MAYFLY_URL', 'MAYFLY_KEY'])
    if (environment[name]) warn(`${name} is set, and overrides what was saved`);
  const account = found?.account === undefined ? '' : ` of the account ${found.account}`;
  const credential = found === undefined ? 'without an API key' : `with ${found.kind}${account}`;
  await write(process.stdout, `${printable(`Saved ${url} ${credential}.`)}\n`);
  return exitCodes.done;
}

/** `logout`: removes the address and the API key from the config file. */
export async function logout(environment: Environment): Promise<number> {
  const path = configPath(environment);
  const { url, key, ...others } = await readConfigFile(path);
  if (url === undefined && key === undefined) {
    await write(process.stdout, 'Nothing was saved.\n');
    return exitCodes.done;
  }
  await writeConfigFile(path, others);
  await write(process.stdout, `Removed ${url ?? 'the API key'} from ${path}.\n`);
  return exitCodes.done;
}

/** @throws CommandFailure if something else than a Mayfly answers, NetworkError if nothing does */
async function requireMayfly(url: string, signal: AbortSignal): Promise<void> {
  const address = `${url}${descriptionPath}`;
  // The key would go to this address, which may be http:// where the one that it leads to is https://.
  const response = await answered(fetch, address, { signal, redirect: 'manual' });
  const location = response.headers.get('location');
  if (location !== null && response.status >= 300 && response.status < 400) {
    const href = URL.parse(location, address)?.href ?? 'an invalid address';
    const target = href.endsWith(descriptionPath) ? href.slice(0, -descriptionPath.length) : href;
    throw new CommandFailure(`${url} redirects to ${target}: log in there`, exitCodes.notFound);
  }
  const publicUrl = publicUrlIn(await beginningOf(response));
  if (publicUrl === undefined)
    throw new CommandFailure(
      `no Mayfly answers at ${url}: check the address and its path`,
      exitCodes.notFound,
    );
  if (publicUrl !== url)
    warn(
      `the server calls itself ${publicUrl}, and its links begin with that; mayfly doctor ${url} checks it`,
    );
}

async function keyOf(
  { MAYFLY_KEY: fromEnvironment }: Environment,
  { keyFile }: LoginOptions,
  signal: AbortSignal,
): Promise<string> {
  if (keyFile !== undefined) return required(await firstLineOf(keyFile, 'an API key', signal));
  if (fromEnvironment) return fromEnvironment;
  if (canAsk()) return (await askHidden('API key (empty for none)', signal)).trim();
  return required(await firstLineOf('-', 'an API key', signal));
}

/** An empty file or stdin may be a mistake, such as an unset variable. */
function required(line: string): string {
  const key = line.trim();
  if (key === '')
    throw new CommandFailure(
      'there is no API key; send it on stdin, use --key-file or MAYFLY_KEY, or --no-key for an address only',
      exitCodes.wrongCall,
    );
  return key;
}

function warn(text: string): void {
  process.stderr.write(`mayfly: ${printable(text)}\n`);
}
