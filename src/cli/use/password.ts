import { isUtf8 } from 'node:buffer';
import { createReadStream, existsSync } from 'node:fs';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import type { Environment } from './settings.ts';
import { askPassword } from './terminal.ts';
import { unlessAborted } from './unless-aborted.ts';

export type PasswordOptions = {
  /** `true` is to be asked for. */
  password?: string | true;
  /** The file that has it; `-` is stdin. */
  passwordFile?: string;
};

/** A password of more than this is none (bytes). */
const longestPassword = 64 * 1024;

/**
 * The password of a call: by its options, or else by `MAYFLY_PASSWORD`, which is in no list of processes. Undefined
 * where there is none.
 *
 * @param ask Asks for it, where that is what the call says.
 * @throws CommandFailure for an empty one, as of a variable that is not set: it would be no password.
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
      await unlessAborted(firstLineOf(passwordFile), signal),
      `the first line of ${passwordFile}`,
    );
  return environment.MAYFLY_PASSWORD === undefined
    ? undefined
    : notEmpty(environment.MAYFLY_PASSWORD, 'MAYFLY_PASSWORD');
}

/** As `passwordOf`, for what is to be encrypted: what is typed unseen is asked for twice. */
export function newPassword(
  environment: Environment,
  options: PasswordOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  return passwordOf(environment, options, signal, async () => {
    const password = await askPassword('Password', signal);
    if ((await askPassword('The same once more', signal)) !== password)
      throw new CommandFailure('these were two different passwords', exitCodes.refused);
    return password;
  });
}

/** `--password notes.txt` takes the name as the password, and so does `--password -`. @throws CommandFailure */
export function refuseMistakenPassword({ password }: PasswordOptions): void {
  if (typeof password !== 'string' || !(password === '-' || existsSync(password))) return;
  throw new CommandFailure(
    `--password took ${password} as the password; name files first: mayfly put ${password} --password`,
    exitCodes.wrongCall,
  );
}

function notEmpty(password: string, what: string): string {
  if (password === '') throw new CommandFailure(`${what} is empty`, exitCodes.wrongCall);
  return password;
}

/** The first line, without its break. Nothing after it is waited for: a pipe may stay open. */
async function firstLineOf(path: string): Promise<string> {
  let line = Buffer.alloc(0);
  for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
    const end = (chunk as Buffer).indexOf('\n');
    line = Buffer.concat([line, end < 0 ? chunk : chunk.subarray(0, end)]);
    if (end >= 0 || line.byteLength > longestPassword) break;
  }
  if (line.byteLength > longestPassword || !isUtf8(line))
    throw new CommandFailure(`the first line of ${path} is no password`, exitCodes.wrongCall);
  return line.toString().replace(/\r$/, '');
}
