import { parseSecret, SealError, unseal } from '../../../encryption/index.ts';
import { askPassword, canAskPassword } from '../terminal.ts';
import { unlessAborted } from '../unless-aborted.ts';

export type Opened = Awaited<ReturnType<typeof unseal>>;

/** How often the user may type a password. */
const maxTries = 3;

/** Checks the secret before anything is read. @throws SealError `bad_secret` if the link is incomplete */
export function requireSecret(secret: string | undefined): string {
  parseSecret(secret ?? '');
  return secret ?? '';
}

/**
 * Decrypts sealed content. Asks for the password if one is needed and was not given.
 *
 * @param open Opens the sealed bytes from the start, once for each try.
 * @throws SealError
 */
export async function openSealed(
  open: () => Promise<ReadableStream<Uint8Array>>,
  { secret, password: given }: { secret: string; password: string | undefined },
  signal: AbortSignal,
): Promise<Opened> {
  let password = given;
  for (let tries = 0; ; tries += 1) {
    try {
      return await unlessAborted(unseal(await open(), secret, { password }), signal);
    } catch (error) {
      const code = error instanceof SealError ? error.code : undefined;
      const isPasswordWrong = code === 'wrong_key' && password !== undefined && given === undefined;
      if (code !== 'password_needed' && !isPasswordWrong) throw error;
      if (tries >= maxTries || !canAskPassword()) throw error;
      password = await askPassword(isPasswordWrong ? 'Wrong password. Password' : 'Password', signal);
    }
  }
}
