import { expect } from 'bun:test';
import { mayflyCommand } from '../support/mayfly-command.ts';

export type Env = Record<string, string>;
export type Scene = { dataDir: string; env?: Env };

/** Creates the database if it is missing, like the server. */
export const createKey = ['keys', 'create', '--kind', 'storage', '--account', 'acme'];

/** Expects a command to exit with `exitCode` and one line on stderr, without a stack. */
export async function expectOneLine(
  { dataDir, env }: Scene,
  command: string[],
  says: RegExp,
  exitCode = 1,
): Promise<void> {
  const { code, stderr, stdout } = await mayflyCommand(dataDir, command, env);
  expect({ command, code, stderr, stdout }).toEqual({
    command,
    code: exitCode,
    stderr: expect.stringMatching(says),
    stdout: '',
  });
  expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
  expect(stderr).not.toMatch(/^\s+at |\.ts:\d+|unexpected fault/m);
}
