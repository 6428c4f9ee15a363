import { existsSync } from 'node:fs';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { firstLineOf } from './first-line.ts';
import type { Environment } from './settings.ts';
import { askPassword } from './terminal.ts';

export type PasswordOptions = {
  /** `true` asks for it. */
  password?: string | true;
  /** The file with the password in its first line; `-` is stdin. */
  passwordFile?: string;
};

/**
 * The password of a call, from its options or `MAYFLY_PASSWORD`, which does not appear in process lists.
 *
 * @param ask Asks the user, for `--password` without a value.
 * @throws CommandFailure for an empty password, as from an unset shell variable
 */
export async function passwordOf(
  environment: Environment,
  { password, passwordFile }: PasswordOptions,
  signal: AbortSignal,
  ask: () => Promise<string> = () => askPassword('Password', signal),
): Promise<string | undefined> {
  if (password === true) return ask();
  if (password !== undefined) return notEmpty(password, 'the password');
  if (passwordFile !== undefined)
    return notEmpty(
      await firstLineOf(passwordFile, 'a password', signal),
      `the first line of ${passwordFile}`,
    );
  return environment.MAYFLY_PASSWORD === undefined
    ? undefined
    : notEmpty(environment.MAYFLY_PASSWORD, 'MAYFLY_PASSWORD');
}

/** Like `passwordOf`, for encryption: asks twice, since the user does not see what they type. */
export function newPassword(
  environment: Environment,
  options: PasswordOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  return passwordOf(environment, options, signal, async () => {
    const password = await askPassword('Password', signal);
    if ((await askPassword('Repeat the password', signal)) !== password)
      throw new CommandFailure('the passwords do not match', exitCodes.refused);
    return password;
  });
}

/** Catches `--password notes.txt`, which would take the file name as the password. @throws CommandFailure */
export function refuseMistakenPassword({ password }: PasswordOptions): void {
  if (typeof password !== 'string' || !(password === '-' || existsSync(password))) return;
  throw new CommandFailure(
    `--password would take ${password} as the password; put files first: mayfly put ${password} --password`,
    exitCodes.wrongCall,
  );
}

function notEmpty(password: string, what: string): string {
  if (password === '') throw new CommandFailure(`${what} is empty`, exitCodes.wrongCall);
  return password;
}
