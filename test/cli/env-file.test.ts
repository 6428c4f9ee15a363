import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../src/cli/program.ts';
import { variablesIn } from '../../src/cli/shared/env-file.ts';
import { answerOf } from '../support/mayfly-command.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(120_000);

const mayfly = [process.execPath, '--no-env-file', join(checkout, 'src/main.ts')];

describe('an environment file', () => {
  // systemd.exec(5), EnvironmentFile=
  test.each([
    ['A=1\n\n# comment\n ; comment\nB=2', { A: '1', B: '2' }],
    ['A=a b#c $d\r\nB=', { A: 'a b#c $d', B: '' }],
    [' A = spaces around ', { A: 'spaces around' }],
    [`A='it has "quotes", \\ and # '\nB=" # "`, { A: 'it has "quotes", \\ and # ', B: ' # ' }],
    ["A=it's", { A: "it's" }],
    ['A=1\nA=2', { A: '2' }],
    ['A=x=y', { A: 'x=y' }],
    ['A=x\rB=\u00a0\u0085', { A: 'x', B: '\u00a0\u0085' }],
  ] as const)('%j has the values that systemd reads', (text, values) => {
    expect(variablesIn(text, 'file')).toEqual(values);
  });

  test.each([
    'name',
    'export A=1',
    'A=a\\b',
    'A="a\\"b"',
    'A="1" # comment',
    "A='open",
    '1=2',
    '\ufeffA=1',
    'A=a\0b',
    '# comment \\',
  ])('with the line %j is refused, and the line is not shown', (line) => {
    expect(() => variablesIn(`B=1\n${line}\n`, 'file')).toThrow(/^file: line 2 is not NAME=VALUE; [^=]*$/);
  });
});

describe('--env-file', () => {
  test('is an option of every command that uses the settings of a server', () => {
    const leaves = createProgram({}, { code: 0 })
      .commands.filter((each) => each.helpGroup() === 'Run a server:')
      .flatMap((each) => (each.commands.length > 0 ? [...each.commands] : [each]));
    expect(leaves.length).toBeGreaterThan(20);
    const without = leaves.filter((each) => !each.options.some(({ long }) => long === '--env-file'));
    expect(without.map((each) => each.name())).toEqual([]);
  });

  test('gives settings to commands, over which the environment takes precedence', async () => {
    const folder = temporaryDirectory('settings');
    const [ofFile, ofEnvironment] = [join(folder, 'file'), join(folder, 'environment')];
    writeFileSync(join(folder, 'mayfly.env'), `# A comment\nDATA_DIR=${ofFile}\nLOG_LEVEL=silent\n`);
    const options = { cwd: folder, env: { PATH: process.env.PATH ?? '' } };
    const create = ['keys', 'create', '--kind', 'payload', '--account', 'acme', '--env-file', 'mayfly.env'];
    const created = await answerOf([...mayfly, ...create], options);
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pl_live_/) });
    expect(existsSync(join(ofFile, 'mayfly.db'))).toBe(true);
    const env = { ...options.env, DATA_DIR: ofEnvironment };
    expect((await answerOf([...mayfly, ...create], { ...options, env })).code).toBe(0);
    expect(existsSync(join(ofEnvironment, 'mayfly.db'))).toBe(true);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('gives settings to the server', async () => {
    const folder = temporaryDirectory('settings');
    const [file, stored] = [join(folder, 'mayfly.env'), join(folder, 'stored')];
    const secret = '0123456789abcdef0123456789';
    writeFileSync(file, `PORT=0\nHOST=127.0.0.1\nDATA_DIR=${stored}\nSECRET=${secret}\n`);
    const [program = '', ...args] = mayfly;
    const server = startProcess(program, [...args, 'serve', '--env-file', file], {
      // The compiler's settings are there.
      cwd: checkout,
      env: { PATH: process.env.PATH ?? '' },
    });
    await waitFor('the server', () => server.output().includes('Mayfly is at'), { timeoutMs: 60_000 });
    expect(existsSync(join(stored, 'mayfly.db'))).toBe(true);
    expect(existsSync(join(stored, 'secret'))).toBe(false);
    await server.stop(60_000);
  });

  test('that cannot be read or has an invalid line is a wrong call', async () => {
    const folder = temporaryDirectory('settings');
    writeFileSync(join(folder, 'wrong.env'), 'DATA_DIR=data\nSECRET\n');
    const call = (file: string) =>
      answerOf([...mayfly, 'serve', '--env-file', file], {
        cwd: folder,
        env: { PATH: process.env.PATH ?? '' },
      });
    expect(await call('missing.env')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'mayfly: missing.env cannot be read (ENOENT): correct --env-file\n',
    });
    expect(await call('wrong.env')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^mayfly: wrong\.env: line 2 is not NAME=VALUE[^\n]*\n$/),
    });
  });
});
