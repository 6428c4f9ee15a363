import { createClient, MayflyError } from '../../client/index.ts';
import { CommandFailure, type ExitCode, exitCodes } from '../shared/command-failure.ts';
import { parseObjectPath } from './copy/object-path.ts';
import { failureOf } from './failure-of.ts';
import { requireLink } from './get/get.ts';
import { type Environment, readSettings, type Settings } from './settings.ts';
import { forgetPayload, readPayloads } from './state.ts';
import { printable, write } from './terminal.ts';

export type RemoveOptions = { url?: string; token?: string };

/**
 * `rm URL|ID|bucket:key…`: uses the given delete token, or the one that was saved by `put`. Reports each failure and
 * continues with the next target; the exit code is that of the first failure.
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
      throw new CommandFailure(`${target} is a bucket; add the key of an object`, exitCodes.wrongCall);
    return createClient(settings).objects.remove(object.bucket, object.key, { signal });
  }
  const link = requireLink(target);
  const found = (await readPayloads(environment)).find(({ id }) => id === link.id);
  const home = found && requireLink(found.url).url;
  // The token must be sent only to the server that issued it.
  const saved = link.url === undefined || link.url === home ? found : undefined;
  const { payloads } = createClient({ url: link.url ?? home ?? settings.url });
  try {
    await payloads.remove(link.id, token ?? saved?.deleteToken, { signal });
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    if (error.status === 404 && saved) await forgetPayload(environment, link.id);
    if (error.status !== 403) throw error;
    throw new CommandFailure(
      `${link.id} needs its delete token, and the saved one is missing or wrong; use --token`,
      exitCodes.refused,
    );
  }
  if (saved) await forgetPayload(environment, link.id);
}
