import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSecret } from '../../../composition/secret.ts';
import { isFileMissing } from '../../../composition/stores.ts';
import { type Config, SettingError } from '../../../config/index.ts';
import { type Finding, findingsOf } from '../../shared/finding.ts';

/** A secret that signs should be at least as long as 128 random bits in base64 (characters). */
const goodLength = 22;
/** Fewer different characters are not from a generator. */
const minVariety = 10;

export function checkPublicUrlSetting({ publicUrl, port }: Config): Finding {
  const { ok, warning } = findingsOf('PUBLIC_URL');
  return publicUrl === undefined
    ? warning(
        `it is not set, so that links begin with http://localhost:${port}: set it to the public address`,
      )
    : ok(publicUrl);
}

/** Settings that belong together behind a proxy. Mayfly itself has no TLS, so https:// needs one. */
export function* checkProxySettings({ publicUrl, trustedProxies, metricsToken }: Config): Generator<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('proxy');
  if (!publicUrl?.startsWith('https:')) {
    yield skipped('PUBLIC_URL does not need one');
    return;
  }
  if (trustedProxies.length === 0)
    yield problem(
      'a proxy must serve https://, and TRUSTED_PROXIES is not set, so that all clients share its rate limit: set it to the address of the proxy',
    );
  else if (metricsToken === undefined)
    yield warning('METRICS_TOKEN is not set: set it, or let the proxy refuse /metrics');
  else yield ok('TRUSTED_PROXIES and METRICS_TOKEN are set');
}

/** Whether the secret that signs is hard to guess, and readable only by its owner. */
export async function checkSecret({ secret, dataDirectory, database }: Config): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('secret');
  if (secret === undefined) {
    const file = join(dataDirectory, 'secret');
    if (isFileMissing(file))
      return database.kind === 'file' && isFileMissing(database.file)
        ? skipped('SECRET is not set, and the first start creates one in DATA_DIR')
        : problem(
            `${JSON.stringify(file)} is missing, and there is a database: restore it from a backup, or set SECRET; a start creates another secret, with which signed URLs and webhooks become invalid`,
          );
    try {
      await loadSecret({ secret, dataDirectory });
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      return problem(error.message);
    }
    const { mode } = await stat(file);
    return (mode & 0o077) === 0
      ? ok(`it is in ${JSON.stringify(file)}, which only its owner can read`)
      : problem(`others can read ${JSON.stringify(file)}: chmod 600, and replace it if others had access`);
  }
  return secret.length >= goodLength && new Set(secret).size >= minVariety
    ? ok('SECRET is set')
    : warning('SECRET is easy to guess: replace it by 32 random bytes (openssl rand -base64 32)');
}
