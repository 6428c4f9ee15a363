import { type Client, MayflyError } from '../../client/index.ts';

/** What deleting a paste needs. */
export type Deletable = { id: string; deleteToken: string };

/** Deletes on the server. A paste that no longer exists is not an error. @throws the errors of the client */
export async function removeOnServer({ payloads }: Client, { id, deleteToken }: Deletable): Promise<void> {
  try {
    await payloads.remove(id, deleteToken);
  } catch (error) {
    if (!(error instanceof MayflyError && error.status === 404)) throw error;
  }
}

/**
 * The deletion that the fragment `#delete={id}:{token}` asks for. Such links are for programs, such as ShareX, that can
 * only open a URL. The browser does not send the fragment, and so not the token.
 */
export function deletionIn(fragment: string): Deletable | undefined {
  const [, id, deleteToken] = /^#delete=([0-9a-f]{32}):([\w-]{1,128})$/.exec(fragment) ?? [];
  return id && deleteToken ? { id, deleteToken } : undefined;
}
