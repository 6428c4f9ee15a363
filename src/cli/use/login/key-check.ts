import { type Client, createClient, MayflyError, NetworkError } from '../../../client/index.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';

type Check = { kind: string; account: (client: Client, signal: AbortSignal) => Promise<string | undefined> };

/** The kinds of keys by their prefix. Each check is a call that only a valid key passes and that stores nothing. */
const kinds: Record<string, Check> = {
  sk_live_: {
    kind: 'a storage key',
    account: async ({ account }, signal) => nameIn(await account.get({ signal })),
  },
  uk_live_: {
    kind: 'an UploadKit key',
    account: async ({ uploadkitFiles }, signal) => {
      await uploadkitFiles.list({ limit: 1, signal });
      return undefined;
    },
  },
  pp_: {
    kind: 'a PutPut token',
    account: async ({ files }, signal) => {
      await files.list({ limit: 1, signal });
      return undefined;
    },
  },
  pl_live_: {
    kind: 'a payload key',
    account: async ({ payloads }, signal) => {
      // It can only create payloads. The server checks the key before it rejects the TTL of this one.
      await payloads.create('', { ttl: '0', signal }).catch((error: unknown) => {
        if (!isTtlRefusal(error)) throw error;
      });
      return undefined;
    },
  },
};

/** @throws NetworkError if another server answers, whose response may be anything */
function nameIn(account: unknown): string {
  const { name } = Object(account) as { name?: unknown };
  if (typeof name === 'string') return name;
  throw new NetworkError('The response is not from a Mayfly server');
}

/** A proxy may also answer 400, but not about the TTL. The API of payloads has no error codes. */
function isTtlRefusal(error: unknown): boolean {
  return error instanceof MayflyError && error.status === 400 && error.message.startsWith('ttl ');
}

/**
 * Checks that the server accepts a key.
 *
 * @returns Its kind, such as `a storage key`, and the name of its account if the server says it.
 * @throws CommandFailure for a key of no kind, MayflyError if the server refuses it
 */
export async function checkKey(
  url: string,
  key: string,
  signal: AbortSignal,
): Promise<{ kind: string; account: string | undefined }> {
  const prefix = Object.keys(kinds).find((each) => key.startsWith(each));
  const check = prefix === undefined ? undefined : kinds[prefix];
  if (check === undefined)
    throw new CommandFailure(
      `this is no API key: keys begin with ${Object.keys(kinds).join(', ')}`,
      exitCodes.wrongCall,
    );
  return { kind: check.kind, account: await check.account(createClient({ url, key }), signal) };
}
