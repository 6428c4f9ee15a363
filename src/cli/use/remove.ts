import { createClient, MayflyError } from '../../client/index.ts';
import { CommandFailure, type ExitCode, exitCodes } from '../shared/command-failure.ts';
import { failureOf } from './failure-of.ts';
import { requireLink } from './get.ts';
import { parseObjectPath } from './object-path.ts';
import { type Environment, readSettings, type Settings } from './settings.ts';
import { forgetPaste, readPastes } from './state.ts';
import { printable, write } from './terminal.ts';

export type RemoveOptions = { url?: string; token?: string };

/**
 * `rm URL|ID|bucket:key…`: by the delete token that is given, else by the one kept when it was put from here. One that
 * fails is told of, and the others are removed; the exit code is that of the first.
 */
export async function remove(
  environment: Environment,
  targets: string[],
  { token, ...options }: RemoveOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = await readSettings(environment, options);
  let code: ExitCode = exitCodes.done;
  for (const target of targets) {
    try {
      await removeOne(environment, target, token, settings, signal);
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(error);
      if (targets.length === 1 || !(failure instanceof CommandFailure)) throw failure;
      await write(
        process.stderr,
        `mayfly: ${printable(`${target.replace(/#.*/s, '')}: ${failure.message}`)}\n`,
      );
      code ||= failure.code;
    }
  }
  return code;
}

async function removeOne(
  environment: Environment,
  target: string,
  token: string | undefined,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const object = parseObjectPath(target);
  if (object) {
    if (object.key === '')
      throw new CommandFailure(`${target} names no object, but a whole bucket`, exitCodes.wrongCall);
    return createClient(settings).objects.remove(object.bucket, object.key, { signal });
  }
  const link = requireLink(target);
  const kept = (await readPastes(environment)).find(({ id }) => id === link.id);
  const home = kept && requireLink(kept.url).url;
  // The token is for the server that gave it, and for no other that a link leads to.
  const paste = link.url === undefined || link.url === home ? kept : undefined;
  const { payloads } = createClient({ url: link.url ?? home ?? settings.url });
  try {
    await payloads.remove(link.id, token ?? paste?.deleteToken, { signal });
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    if (error.status === 404 && paste) await forgetPaste(environment, link.id);
    if (error.status !== 403) throw error;
    throw new CommandFailure(
      `${link.id} needs its delete token, which is not the one known here; --token gives it`,
      exitCodes.refused,
    );
  }
  if (paste) await forgetPaste(environment, link.id);
}
