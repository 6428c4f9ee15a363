import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSecret } from '../../src/composition/secret.ts';
import { readConfig, SettingError } from '../../src/config/index.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(30_000);

const load = (dataDirectory: string, secret?: string) =>
  loadSecret(readConfig({ DATA_DIR: dataDirectory, SECRET: secret }));

async function refusalOf(dataDirectory: string): Promise<string> {
  try {
    await load(dataDirectory);
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

/** Loads the secrets of the given folders at the given time. */
const script = `
  import { readConfig } from './src/config/index.ts';
  import { loadSecret } from './src/composition/secret.ts';
  import process from 'node:process';
  const { FOLDERS, START } = process.env;
  while (Date.now() < Number(START));
  for (const folder of JSON.parse(FOLDERS)) console.log(await loadSecret(readConfig({ DATA_DIR: folder })));`;

/** The secrets that processes read from these folders when they start at the same time. */
async function loadAtOnce(
  folders: string[],
  programs: [command: string, args: string[]][],
): Promise<string[][]> {
  const env = { PATH: process.env.PATH, FOLDERS: JSON.stringify(folders), START: String(Date.now() + 1500) };
  const processes = programs.map(([command, args]) => startProcess(command, args, { cwd: checkout, env }));
  return Promise.all(
    processes.map(async (running) => {
      const code = await running.exited;
      if (code !== 0) throw new Error(running.output());
      return running.output().trimEnd().split('\n');
    }),
  );
}

const bun: [string, string[]] = [process.execPath, ['--no-env-file', '-e', script]];
const folders = (count: number) => {
  const parent = temporaryDirectory('secrets');
  return Array.from({ length: count }, (_, n) => join(parent, `data-${n}`));
};

function expectOneSecretEach(taken: string[][], inFolders: string[]): void {
  const [first = []] = taken;
  expect(first.length).toBe(inFolders.length);
  expect(new Set(first).size).toBe(inFolders.length);
  for (const other of taken) expect(other).toEqual(first);
  for (const [at, folder] of inFolders.entries()) {
    expect(readFileSync(join(folder, 'secret'), 'utf8').trim()).toBe(first[at] ?? '');
    // The process that lost the race leaves no files behind.
    expect(readdirSync(folder)).toEqual(['secret']);
  }
}

describe('the server’s secret', () => {
  test('is created once, with 256 bits, in a folder that need not exist, and only its owner can read it', async () => {
    const folder = join(temporaryDirectory('secret'), 'not', 'yet');
    const secret = await load(folder);
    expect(Buffer.from(secret, 'base64url').length).toBe(32);
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secret']);
    expect(await load(folder)).toBe(secret);
  });

  test('is different in another folder', async () => {
    const [one = '', other = ''] = folders(2);
    expect(await load(one)).not.toBe(await load(other));
  });

  test('is SECRET if that is set, and then no file is created or read', async () => {
    const folder = temporaryDirectory('secret');
    expect(await load(folder, 'given by the operator')).toBe('given by the operator');
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, 'secret'), '');
    expect(await load(folder, 'given by the operator')).toBe('given by the operator');
  });

  test('may be written by the operator, with or without a newline', async () => {
    const folder = temporaryDirectory('secret');
    for (const end of ['', '\n', '\r\n']) {
      writeFileSync(join(folder, 'secret'), `put there by hand${end}`);
      expect(await load(folder)).toBe('put there by hand');
    }
  });

  test('is the same for two processes that start at once, fifty times', async () => {
    const fifty = folders(50);
    expectOneSecretEach(await loadAtOnce(fifty, [bun, bun]), fifty);
  });

  test('is the same for twenty starts at once in one process', async () => {
    const [folder = ''] = folders(1);
    const secrets = await Promise.all(Array.from({ length: 20 }, () => load(folder)));
    expect(new Set(secrets).size).toBe(1);
    expect(readdirSync(folder)).toEqual(['secret']);
  });
});

describe('a secret that cannot be loaded', () => {
  test.each(['', '\n', '   ', 'fifteen letters'])('stops the start: the file holds %p', async (content) => {
    const folder = temporaryDirectory('secret');
    writeFileSync(join(folder, 'secret'), content);
    const message = await refusalOf(folder);
    expect(message).toContain(join(folder, 'secret'));
    expect(message).not.toContain('\n');
    if (content.trim() !== '') expect(message).not.toContain(content);
    // The operator has to decide, because a new secret would invalidate all signed URLs.
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(content);
  });

  test.each<[string, (folder: string) => void]>([
    ['there is a folder with its name', (folder) => mkdirSync(join(folder, 'secret'))],
    ['it links to itself', (folder) => symlinkSync('secret', join(folder, 'secret'))],
    ['it links to what is not there', (folder) => symlinkSync('nowhere', join(folder, 'secret'))],
  ])('stops the start with one line: %s', async (_, spoil) => {
    const folder = temporaryDirectory('secret');
    spoil(folder);
    const message = await refusalOf(folder);
    expect(message).toContain(join(folder, 'secret'));
    expect(message).toContain('SECRET');
    expect(message).not.toContain('\n');
    expect(readdirSync(folder)).toEqual(['secret']);
  });

  test('stops the start with one line if DATA_DIR is not a folder, even if its name has two lines', async () => {
    const file = join(temporaryDirectory('secret'), 'two\nlines');
    writeFileSync(file, '');
    const message = await refusalOf(file);
    expect(message).toContain('two\\nlines');
    expect(message).not.toContain('\n');
  });
});

await suiteWith(['deno'], 'the server’s secret on Deno', ({ deno }) => {
  test('is the same as on Bun, whichever starts first', async () => {
    const ten = folders(10);
    const program: [string, string[]] = [deno, ['eval', '--no-lock', script]];
    expectOneSecretEach(await loadAtOnce(ten, [program, bun]), ten);
    for (const folder of ten) expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
  });
});
