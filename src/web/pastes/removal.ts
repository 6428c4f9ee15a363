import { type Client, MayflyError } from '../../client/index.ts';

/** What deletes a paste. */
export type Deletable = { id: string; deleteToken: string };

/** Deletes on the server; what is gone already is deleted too. @throws as the client does */
export async function removeOnServer({ payloads }: Client, { id, deleteToken }: Deletable): Promise<void> {
  try {
    await payloads.remove(id, deleteToken);
  } catch (error) {
    if (!(error instanceof MayflyError && error.status === 404)) throw error;
  }
}

/**
 * The deletion that a link asks for, `#delete={id}:{token}`: what programs keep that can open an address and no more.
 * Being in the fragment, the token is sent to nobody.
 */
export function deletionIn(fragment: string): Deletable | undefined {
  const [, id, deleteToken] = /^#delete=([0-9a-f]{32}):([\w-]{1,128})$/.exec(fragment) ?? [];
  return id && deleteToken ? { id, deleteToken } : undefined;
}
