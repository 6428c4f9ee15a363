import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { loadPrompts } from '../shared/prompts.ts';

/** Whether a user can answer questions. They go to stderr, so that stdout has only the content. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Whether a user can type a password. If stdin is a pipe, /dev/tty is used. */
export function canAskPassword(): boolean {
  if (process.stderr.isTTY !== true) return false;
  if (process.stdin.isTTY) return true;
  return openTerminal() !== undefined;
}

/** Asks for a password with hidden input. If stdin is a pipe, it uses /dev/tty. @throws CommandFailure */
export async function askPassword(question: string, signal: AbortSignal): Promise<string> {
  const input = process.stdin.isTTY ? process.stdin : openTerminal();
  if (input === undefined || !process.stderr.isTTY)
    throw new CommandFailure(
      'a password is needed, but there is no terminal to ask for it; use --password-file or MAYFLY_PASSWORD',
      exitCodes.refused,
    );
  const validate = (text: string | undefined) => (text ? undefined : 'It must not be empty.');
  return askHidden(question, signal, { input, validate });
}

type HiddenQuestion = {
  input?: NodeJS.ReadStream;
  validate?: (text: string | undefined) => string | undefined;
};

/** Asks with hidden input; by default it may be empty. @throws CommandFailure if the user cancels */
export async function askHidden(
  question: string,
  signal: AbortSignal,
  { input = process.stdin, validate }: HiddenQuestion = {},
): Promise<string> {
  const { isCancel, password } = await loadPrompts();
  try {
    const output = process.stderr;
    const answer = await password({
      message: question,
      input,
      output,
      signal,
      ...(validate && { validate }),
    });
    if (isCancel(answer)) throw interrupted();
    // The library has no text for an empty answer.
    return answer ?? '';
  } finally {
    input.pause();
  }
}

/** A yes-or-no question; the default is no. @throws CommandFailure if the user cancels */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const prompts = await loadPrompts();
  const output = process.stderr;
  const answer = await prompts.confirm({ message: question, initialValue: false, output, signal });
  if (prompts.isCancel(answer)) throw interrupted();
  return answer;
}

export function interrupted(): CommandFailure {
  return new CommandFailure('interrupted', exitCodes.interrupted);
}

/** Resolves when the content is written, so that a slow reader slows the writer down. */
export function write(stream: NodeJS.WritableStream, content: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(content, (error) => (error ? reject(error) : resolve()));
  });
}

/** Untrusted text in one line, without control characters that could affect the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, '\uFFFD');
}

let terminal: ReadStream | undefined;

/** Opens /dev/tty, only once: two readers would each get some of the input. */
function openTerminal(): ReadStream | undefined {
  try {
    terminal ??= new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    return undefined;
  }
  return terminal;
}
