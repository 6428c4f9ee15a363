import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
});
afterAll(() => server.stop());

const byEnvironment = (password: string) => ({ env: { MAYFLY_PASSWORD: password } });

for (const runtime of ['bun', 'deno'] as Runtime[])
  describe.concurrent(`a password that is not in process lists, on ${runtime}`, () => {
    let user: User;
    beforeAll(async () => {
      user = await newUser(server.url, { runtime });
      writeFileSync(user.path('a.txt'), 'content');
      writeFileSync(user.path('right'), 'open sesame – ü\nthe second line\n');
      writeFileSync(user.path('wrong'), 'wrong');
    });

    test('comes from MAYFLY_PASSWORD, a file, stdin, or a descriptor of the shell', async () => {
      const url = await user.output(['put', 'a.txt'], byEnvironment('open sesame – ü'));
      expect((await user.call(['get', url])).code).toBe(4);
      const read = ['get', url, '--password-file'];
      expect(await user.output([...read, 'right'])).toBe('content');
      expect(await user.output([...read, '-'], { input: 'open sesame – ü\r\nmore' })).toBe('content');
      for (const redirection of ['/dev/fd/3 3< right', '<(cat right; while sleep 0.1; do echo more; done)']) {
        const call = await user.atTerminal(read, { redirection });
        expect([redirection, await call.exited, call.shown()]).toEqual([redirection, 0, 'content']);
      }
      const again = await user.output(['put', 'a.txt', '--password-file', 'right']);
      expect(await user.output(['get', again], byEnvironment('open sesame – ü'))).toBe('content');
    });

    test('--password wins over MAYFLY_PASSWORD, and still asks without a value', async () => {
      const put = await user.atTerminal(['put', 'a.txt', '--password'], byEnvironment('wrong'));
      for (const question of ['Password', 'Repeat the password']) {
        await put.waitFor(question);
        put.type('sesame\r');
      }
      expect(await put.exited).toBe(0);
      const url = /http\S+\/p\/\S+/.exec(put.shown())?.[0] ?? 'no link';
      expect(await user.output(['get', url, '--password', 'sesame'], byEnvironment('wrong'))).toBe('content');
    });
  });

describe.concurrent('of the sources of a password', () => {
  let user: User;
  beforeAll(async () => {
    user = await newUser(server.url);
    writeFileSync(user.path('a.txt'), 'content');
    writeFileSync(user.path('right'), 'right');
    writeFileSync(user.path('empty'), '\nright\n');
    writeFileSync(user.path('binary'), new Uint8Array([0xff, 0xfe, 0x0a]));
  });

  test('a file wins over the environment, and --no-encrypt too', async () => {
    const url = await user.output(['put', 'a.txt', '--password-file', 'right'], byEnvironment('wrong'));
    expect(await user.output(['get', url], byEnvironment('right'))).toBe('content');
    const plain = await user.output(['put', 'a.txt', '--no-encrypt'], byEnvironment('right'));
    expect(plain).not.toContain('#');
    expect(await user.output(['get', plain], byEnvironment('right'))).toBe('content');
  });

  test.each<[string, string[], string]>([
    ['two of them', ['--password', 'x', '--password-file', 'right'], 'cannot be used with'],
    ['an empty first line', ['--password-file', 'empty'], 'the first line of empty is empty'],
    ['a file that is not text', ['--password-file', 'binary'], 'the first line of binary is not UTF-8'],
    ['a file without a line end', ['--password-file', '/dev/zero'], 'cannot be a password'],
    ['stdin for content and password', ['-', '--password-file', '-'], 'stdin cannot be both'],
  ])('%s is refused, and nothing is sent', async (_, options, reason) => {
    const { code, stdout, stderr } = await user.call(['put', 'a.txt', ...options], { input: 'x' });
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(reason)]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('an empty one, as from an unset variable, is refused', async () => {
    const { code, stdout, stderr } = await user.call(['put', 'a.txt'], byEnvironment(''));
    expect([code, stdout, stderr]).toEqual([2, '', 'mayfly: MAYFLY_PASSWORD is empty\n']);
  });

  test('a missing file is reported by its name', async () => {
    const { code, stderr } = await user.call(['put', 'a.txt', '--password-file', 'missing']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^mayfly: .*missing: no such file or folder\n$/),
    ]);
  });
});
