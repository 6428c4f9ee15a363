import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { configPath } from '../../src/cli/use/config-file.ts';
import { login } from '../../src/cli/use/login/login.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { endless, startOtherServer } from './other-server.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
const keys: Record<string, string> = {};
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
  for (const kind of ['storage', 'uploadkit', 'payload'])
    keys[kind] = await mayflyOutput(server.dataDir, ['keys', 'create', '--kind', kind, '--account', 'acme']);
  const guest = await fetch(`${server.url}/api/v1/auth/guest`, { method: 'POST' });
  keys.guest = ((await guest.json()) as { token: string }).token;
});
afterAll(() => server.stop());

const configOf = (user: User) => user.path('.config/mayfly/config.json');
const saved = (user: User) => JSON.parse(readFileSync(configOf(user), 'utf8'));
/** No MAYFLY_URL, so that only the config file names the server. */
const userWithout = (runtime?: Runtime) => newUser('', runtime && { runtime });

for (const runtime of ['bun', 'deno'] as Runtime[])
  describe(`login, on ${runtime}`, () => {
    test('asks for the key, hidden, and saves it where only the user can read it', async () => {
      const user = await userWithout(runtime);
      const call = await user.atTerminal(['login', `${server.url}/`]);
      await call.waitFor('API key');
      call.type(`${keys.storage}\r`);
      expect(await call.exited).toBe(0);
      expect(call.shown()).not.toContain(keys.storage ?? '');
      expect(call.shown()).toContain(`Saved ${server.url} with a storage key of the account acme.`);
      expect(saved(user)).toEqual({ url: server.url, key: keys.storage });
      expect(statSync(configOf(user)).mode & 0o777).toBe(0o600);
      expect(await user.output(['put', '-'], { input: 'content' })).toStartWith(server.url);
    });
  });

describe.concurrent('login', () => {
  test('reads the key from stdin, a file or MAYFLY_KEY, and says of which kind it is', async () => {
    const user = await userWithout();
    writeFileSync(user.path('key'), `${keys.uploadkit}\nmore\n`);
    const args = ['login', server.url];
    expect(await user.output(args, { input: `${keys.payload}\n` })).toEndWith('with a payload key.');
    expect(await user.output([...args, '--key-file', 'key'])).toEndWith('with an UploadKit key.');
    expect(saved(user).key).toBe(keys.uploadkit);
    expect(await user.output(args, { env: { MAYFLY_KEY: keys.guest ?? '' } })).toEndWith(
      'with a PutPut token.',
    );
    expect(await user.output([...args, '--no-key'])).toEndWith('without an API key.');
    expect(saved(user)).toEqual({ url: server.url });
  });

  test('keeps other settings, and logout removes only its own', async () => {
    const user = await userWithout();
    mkdirSync(dirname(configOf(user)), { recursive: true });
    writeFileSync(configOf(user), '{ "ttl": "7d", "key": "sk_live_old" }', { mode: 0o644 });
    await user.output(['login', server.url], { input: keys.storage ?? '' });
    expect(saved(user)).toEqual({ url: server.url, key: keys.storage, ttl: '7d' });
    expect(statSync(configOf(user)).mode & 0o777).toBe(0o600);
    expect(await user.output(['logout'])).toBe(`Removed ${server.url} from ${configOf(user)}.`);
    expect(saved(user)).toEqual({ ttl: '7d' });
    expect(await user.output(['logout'])).toBe('Nothing was saved.');
  });

  test('keeps a symbolic link to the config file, and changes what it leads to', async () => {
    const user = await userWithout();
    mkdirSync(dirname(configOf(user)), { recursive: true });
    symlinkSync('../../dotfiles.json', configOf(user));
    for (let round = 0; round < 2; round += 1) {
      await user.output(['login', '--no-key', server.url]);
      expect(JSON.parse(readFileSync(user.path('dotfiles.json'), 'utf8'))).toEqual({ url: server.url });
    }
    await user.output(['logout']);
    expect(existsSync(user.path('dotfiles.json'))).toBe(false);
    expect(readlinkSync(configOf(user))).toBe('../../dotfiles.json');
  });

  test('saves nothing if the key is refused, or no Mayfly answers', async () => {
    const user = await userWithout();
    const other = startOtherServer(() => new Response('<html>', { status: 200 }));
    for (const [url, input, code, message] of [
      [server.url, 'sk_live_wrong', 4, /credential is missing or not valid/],
      [server.url, 'pl_live_wrong', 4, /key is not valid/],
      [server.url, 'uk_live_wrong', 4, /invalid API key/],
      [server.url, 'pp_wrong', 4, /credential is missing or not valid/],
      [server.url, 'password', 2, /this is no API key: keys begin with sk_live_/],
      [server.url, '', 2, /there is no API key/],
      [other.url, keys.storage ?? '', 3, /no Mayfly answers at/],
      ['http://127.0.0.1:1', keys.storage ?? '', 6, /no server listens/],
      ['localhost', keys.storage ?? '', 2, /is not the URL of a server/],
    ] as const) {
      const call = await user.call(['login', url], { input });
      expect([url, input, call.code, call.stderr]).toEqual([
        url,
        input,
        code,
        expect.stringMatching(message),
      ]);
    }
    expect(existsSync(configOf(user))).toBe(false);
    await other.stop();
  });

  test('takes no 400 of a proxy for a valid key', async () => {
    const user = await userWithout();
    const proxy = startOtherServer(({ url, method }) =>
      method === 'GET'
        ? fetch(`${server.url}${new URL(url).pathname}`)
        : new Response('<h1>400 Bad Request</h1>', { status: 400 }),
    );
    const call = await user.call(['login', proxy.url], { input: keys.payload ?? '' });
    expect([call.code, call.stderr]).toEqual([2, expect.stringContaining('status 400')]);
    expect(existsSync(configOf(user))).toBe(false);
    await proxy.stop();
  });

  test('follows no redirect, and names its target', async () => {
    const user = await userWithout();
    const redirecting = startOtherServer(({ url }) =>
      Response.redirect(`${server.url}${new URL(url).pathname}`, 301),
    );
    const call = await user.call(['login', redirecting.url], { input: keys.storage ?? '' });
    expect([call.code, call.stderr]).toEqual([
      3,
      `mayfly: ${redirecting.url} redirects to ${server.url}: log in there\n`,
    ]);
    expect(existsSync(configOf(user))).toBe(false);
    await redirecting.stop();
  });

  test('keeps a setting that another program saves during the question', async () => {
    const user = await userWithout();
    const call = await user.atTerminal(['login', server.url]);
    await call.waitFor('API key');
    mkdirSync(dirname(configOf(user)), { recursive: true });
    writeFileSync(configOf(user), '{ "ttl": "7d" }');
    call.type(`${keys.storage}\r`);
    expect(await call.exited).toBe(0);
    expect(saved(user)).toEqual({ url: server.url, key: keys.storage, ttl: '7d' });
  });

  test('warns of an address without TLS, and of one that the server does not know', async () => {
    const user = await userWithout();
    // Every address of 127.0.0.0/8 is this machine, but 0.0.0.0 is not known as one.
    const { stderr } = await user.call(['login', '--no-key', `http://0.0.0.0:${server.port}`]);
    expect(stderr).toMatch(/^mayfly: http:\/\/0\.0\.0\.0:\d+ is not encrypted: .*use https/m);
    expect(stderr).toContain(`the server calls itself ${server.url}`);
  });

  test('shows nothing of a server that controls the terminal, and saves no answer of another one', async () => {
    const user = await userWithout();
    let account: unknown = { name: 'acme\u001b[2J\nSaved https://example.com' };
    const other = startOtherServer(({ url }) =>
      url.endsWith('.sxcu')
        ? Response.json({ Name: 'Mayfly (x)', RequestURL: 'http://x/\u001b]0;x\u0007' })
        : Response.json(account),
    );
    const call = await user.call(['login', other.url], { input: keys.storage ?? '' });
    expect([call.stdout, call.stderr]).toEqual([
      `Saved ${other.url} with a storage key of the account acme\uFFFD[2J\uFFFDSaved https://example.com.\n`,
      expect.stringMatching(/^mayfly: the server calls itself http:\/\/x\/\uFFFD]0;x\uFFFD, .*\n$/),
    ]);
    await user.output(['logout']);
    for (account of [null, { name: { toString: 1 } }])
      expect((await user.call(['login', other.url], { input: keys.storage ?? '' })).code).toBe(6);
    expect(existsSync(configOf(user))).toBe(false);
    await other.stop();
  });

  test('is interrupted by Ctrl-D, after which a key would be shown', async () => {
    const user = await userWithout();
    const call = await user.atTerminal(['login', server.url]);
    await call.waitFor('API key');
    call.type('\u0004');
    expect(await call.exited).toBe(130);
    expect(existsSync(configOf(user))).toBe(false);
  });

  test('does not wait for a server that never ends its answer', async () => {
    const user = await userWithout();
    writeFileSync(user.path('key'), keys.storage ?? '');
    const endlessly = () => new Response(endless());
    const silent = () => new Promise<Response>(() => undefined);
    for (const answer of [endlessly, silent]) {
      const other = startOtherServer(({ url }) =>
        url.endsWith('.sxcu') ? Response.json({ Name: 'Mayfly (x)', RequestURL: other.url }) : answer(),
      );
      const options = { key: true, keyFile: user.path('key') };
      const { signal } = new AbortController();
      await expect(login({ HOME: user.folder }, other.url, options, signal, 500)).rejects.toThrow(
        `${other.url} does not answer in time`,
      );
      await other.stop();
    }
    expect(existsSync(configOf(user))).toBe(false);
  });

  test('needs a home folder that does not depend on the working directory', async () => {
    const user = await userWithout();
    const call = await user.call(['login', '--no-key', server.url], { env: { HOME: '.' } });
    expect([call.code, call.stderr]).toEqual([2, expect.stringContaining('set HOME or XDG_CONFIG_HOME')]);
    expect(configPath({ HOME: '' })).toBe(join(userInfo().homedir, '.config/mayfly/config.json'));
  });
});
