import { createClient, MayflyError } from '../../client/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { requireLink } from './get.ts';
import { parseObjectPath } from './object-path.ts';
import { type Environment, readSettings } from './settings.ts';
import { forgetPaste, readPastes } from './state.ts';

export type RemoveOptions = { url?: string; token?: string };

/** `rm URL|ID|bucket:key…`: by the delete token that is given, else by the one kept when it was put from here. */
export async function remove(
  environment: Environment,
  targets: string[],
  { token, ...options }: RemoveOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = await readSettings(environment, options);
  for (const target of targets) {
    const object = parseObjectPath(target);
    if (object) {
      if (object.key === '')
        throw new CommandFailure(`${target} names no object, but a whole bucket`, exitCodes.wrongCall);
      await createClient(settings).objects.remove(object.bucket, object.key, { signal });
      continue;
    }
    const link = requireLink(target);
    const paste = (await readPastes(environment)).find(({ id }) => id === link.id);
    const { payloads } = createClient({ url: link.url ?? (paste && addressOf(paste.url)) ?? settings.url });
    try {
      await payloads.remove(link.id, token ?? paste?.deleteToken, { signal });
    } catch (error) {
      if (!(error instanceof MayflyError)) throw error;
      if (error.status === 404) await forgetPaste(environment, link.id);
      if (error.status !== 403) throw error;
      throw new CommandFailure(
        `${link.id} needs its delete token, which is not the one known here; --token gives it`,
        exitCodes.refused,
      );
    }
    await forgetPaste(environment, link.id);
  }
  return exitCodes.done;
}

function addressOf(url: string): string | undefined {
  return requireLink(url).url;
}
