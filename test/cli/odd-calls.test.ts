import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
let user: User;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
  user = await newUser(server.url);
  writeFileSync(user.path('a.txt'), 'content');
  writeFileSync(user.path('b.txt'), 'content');
});
afterAll(() => server.stop());

describe('a call that is probably a mistake is refused, and nothing is sent', () => {
  test.concurrent.each<[string, string[], string]>([
    ['stdin twice', ['put', '-', '-'], 'only once'],
    ['an empty password, as from an unset variable', ['put', 'a.txt', '--password', ''], 'empty'],
    ['stdin as the password', ['put', '--password', '-'], 'mayfly put - --password'],
    ['a file as the password', ['put', '--password', 'a.txt', 'b.txt'], 'mayfly put a.txt --password'],
    ['a name that is too long', ['put', '-e', 'a.txt', '-n', 'x'.repeat(17_000)], 'too long'],
    [
      'a type of two lines',
      ['put', 'a.txt', '--type', 'a/b\r\nx: y'],
      'for the header content-type has characters',
    ],
    ['digits of another script', ['put', 'a.txt', '--ttl', '١٠m'], 'for the header x-ttl has characters'],
    [
      'an address with a query',
      ['put', 'a.txt', '--url', 'http://localhost:1/?a=b'],
      'must not contain ? or #',
    ],
    [
      'an address that is a link',
      ['put', 'a.txt', '--url', 'http://localhost:1/#key'],
      'must not contain ? or #',
    ],
    [
      'an address with a password',
      ['put', 'a.txt', '--url', 'http://user:secret@localhost:1'],
      'must not contain a user or a password',
    ],
    ['encryption into a bucket', ['watch', '.', '--to', 'bucket:', '--encrypt'], 'work with payloads only'],
    [
      'a password for a bucket',
      ['watch', '.', '--to', 'bucket:', '--password', 'x'],
      'work with payloads only',
    ],
  ])('%s', async (_, args, reason) => {
    const { code, stdout, stderr } = await user.call(args, { input: 'content' });
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(reason)]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('nothing was uploaded at the end', async () => {
    expect(await user.output(['ls'])).toBe('');
  });
});

test.concurrent('a key that headers cannot have is not shown', async () => {
  const { code, stderr } = await user.call(['ls', 'bucket'], { env: { MAYFLY_KEY: 'sk_live_\u{1f511}' } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('for the header authorization has characters')]);
  expect(stderr).not.toContain('sk_live');
});

test.concurrent('a link is printed even if it cannot be saved', async () => {
  const { code, stdout, stderr } = await user.call(['put', 'a.txt'], {
    env: { XDG_STATE_HOME: '/dev/null' },
  });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^http\S+\/p\/[0-9a-f]{32}\n$/)]);
  expect(stderr).toMatch(/^mayfly: \/dev\/null.*delete token.*\n$/);
});

test.concurrent('a damaged state file is moved aside, and not overwritten', async () => {
  const own = await newUser(server.url);
  mkdirSync(own.path('.local/state/mayfly'), { recursive: true });
  const state = own.path('.local/state/mayfly/pastes.json');
  writeFileSync(state, '[{"deleteToken": "still here"');
  const link = await own.output(['put', '-'], { input: 'content' });
  expect(await own.output(['ls'])).toContain(link);
  expect(readFileSync(`${state}.damaged`, 'utf8')).toContain('still here');
});

test.concurrent('rm removes the others if one is missing, and exits with the code of the first failure', async () => {
  const links = (await user.output(['put', 'a.txt', 'b.txt'])).split('\n');
  const { code, stderr } = await user.call([
    'rm',
    links[0] ?? '',
    '0'.repeat(32),
    'nonsense',
    links[1] ?? '',
  ]);
  expect([code, stderr.trimEnd().split('\n')]).toEqual([
    3,
    [expect.stringContaining('0'.repeat(32)), expect.stringContaining('nonsense')],
  ]);
  for (const link of links) expect((await fetch(link)).status).toBe(404);
});

for (const runtime of ['bun', 'deno'] as Runtime[])
  test.concurrent(`a payload that can be read once is not lost after a wrong password, on ${runtime}`, async () => {
    const own = await newUser(server.url, { runtime });
    const put = ['put', '-', '--reads', '1', '--password', 'right', '--name', 'once.txt'];
    const link = await own.output(put, { input: 'read once' });
    for (const password of [['--password', 'wrong'], []]) {
      const { code, stderr } = await own.call(['get', link, ...password]);
      expect([code, stderr]).toEqual([4, expect.stringContaining('run the same command again to open it')]);
    }
    expect((await own.call(['get', link.replace(/.$/, 'x')])).code).toBe(4);
    await own.output(['get', link, '--password', 'right', '-O']);
    expect(readFileSync(own.path('once.txt'), 'utf8')).toBe('read once');
    expect((await own.call(['get', link, '--password', 'right'])).code).toBe(3);
  });
