import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';

/** Whether somebody is there to be asked: questions go to stderr, so that stdout stays the content's. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Whether a password can be asked for: at the terminal itself where stdin is a pipe. */
export function canAskPassword(): boolean {
  if (process.stderr.isTTY !== true) return false;
  if (process.stdin.isTTY) return true;
  return openTerminal() !== undefined;
}

/** Asks for a password, hidden. The terminal itself is asked where stdin is a pipe. @throws CommandFailure */
export async function askPassword(question: string, signal: AbortSignal): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const input = process.stdin.isTTY ? process.stdin : openTerminal();
  if (input === undefined || !process.stderr.isTTY)
    throw new CommandFailure(
      'a password is needed, and there is no terminal to ask at; --password-file or MAYFLY_PASSWORD gives it',
      exitCodes.refused,
    );
  try {
    const answer = await password({
      message: question,
      input,
      output: process.stderr,
      signal,
      validate: (text) => (text ? undefined : 'It must not be empty.'),
    });
    if (isCancel(answer)) throw interrupted();
    return answer;
  } finally {
    input.pause();
  }
}

/** A question of yes or no; no is the default. @throws CommandFailure where it is broken off */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const prompts = await import('@clack/prompts');
  const output = process.stderr;
  const answer = await prompts.confirm({ message: question, initialValue: false, output, signal });
  if (prompts.isCancel(answer)) throw interrupted();
  return answer;
}

export function interrupted(): CommandFailure {
  return new CommandFailure('interrupted', exitCodes.interrupted);
}

/** Waits until it is written, so that a slow reader slows us down. */
export function write(stream: NodeJS.WritableStream, content: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(content, (error) => (error ? reject(error) : resolve()));
  });
}

/** What a stranger chose, in a line for people: no control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, '\uFFFD');
}

let terminal: ReadStream | undefined;

/** The terminal itself. It is opened once: two readers would each get some of what is typed. */
function openTerminal(): ReadStream | undefined {
  try {
    terminal ??= new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    return undefined;
  }
  return terminal;
}
