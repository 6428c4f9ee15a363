import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageOf } from '../api/file-server.ts';
import { endWithRun } from '../support/end-with-run.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { newUser } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
let nowhere: string;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
  nowhere = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => server.stop());

/** A user with a config file, and only the given environment. */
async function configured(config: unknown, env: Record<string, string> = {}) {
  const home = temporaryDirectory('config');
  mkdirSync(join(home, 'mayfly'));
  writeFileSync(
    join(home, 'mayfly', 'config.json'),
    typeof config === 'string' ? config : JSON.stringify(config),
  );
  return newUser('', { env: { XDG_CONFIG_HOME: home, ...env } });
}

const put = { input: 'content' };

describe('the server that commands call', () => {
  test('an option wins over the environment, and the environment over the file', async () => {
    const byFile = await configured({ url: server.url });
    expect(await byFile.output(['put'], put)).toStartWith(server.url);
    const byEnvironment = await configured({ url: nowhere }, { MAYFLY_URL: server.url });
    expect(await byEnvironment.output(['put'], put)).toStartWith(server.url);
    const byOption = await configured({ url: nowhere }, { MAYFLY_URL: nowhere });
    expect(await byOption.output(['put', '--url', `${server.url}/`], put)).toStartWith(server.url);
    expect((await byOption.call(['put'], put)).code).toBe(6);
  });

  test('another one, of a link, an option or the environment, does not get the API key of the file', async () => {
    const shown: (string | null)[] = [];
    const other = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ headers }) => {
        shown.push(headers.get('authorization'));
        return new Response('other', { headers: { 'content-type': 'text/plain' } });
      },
    });
    try {
      const user = await configured({ url: server.url, key: 'sk_live_secret' });
      const url = `http://127.0.0.1:${other.port}`;
      expect(await user.output(['get', `${url}/p/${'0'.repeat(32)}`])).toBe('other');
      await user.call(['ls', '--buckets', '--url', url]);
      await user.call(['ls', '--buckets'], { env: { MAYFLY_URL: url } });
      expect(shown.length).toBeGreaterThanOrEqual(3);
      expect(new Set(shown)).toEqual(new Set([null]));
      shown.length = 0;
      await user.call(['ls', '--buckets', '--url', url], { env: { MAYFLY_KEY: 'sk_live_other' } });
      expect(new Set(shown)).toEqual(new Set(['Bearer sk_live_other']));
    } finally {
      await other.stop(true);
    }
  });
});

describe('the key', () => {
  test('of an option, the environment or the config file determines the account of payloads, and a wrong one is refused', async () => {
    const dataDir = server.dataDir;
    const key = await mayflyOutput(dataDir, ['keys', 'create', '--kind', 'payload', '--account', 'acme']);
    const held = async () => (await usageOf(server, key)).storedObjects;
    const byFile = await configured({ url: server.url, key });
    const byEnvironment = await configured({ url: server.url, key: 'pl_live_unknown' }, { MAYFLY_KEY: key });
    await byFile.output(['put'], put);
    await byEnvironment.output(['put'], put);
    expect(await held()).toBe(2);
    const byOption = await configured({ url: server.url }, { MAYFLY_KEY: 'pl_live_unknown' });
    await byOption.output(['put', '--key', key], put);
    expect(await held()).toBe(3);
    expect((await byOption.call(['put'], put)).code).toBe(4);
    const without = await configured({ url: server.url });
    await without.output(['put'], put);
    expect(await held()).toBe(3);
  });
});

describe('the config file', () => {
  test('sets the expiry and encryption, and options win', async () => {
    const user = await configured({ url: server.url, ttl: '10m', encrypt: true });
    const printed = JSON.parse(await user.output(['put', '--json'], put));
    expect(printed.encrypted).toBe(true);
    expect(Date.parse(printed.expiry_time) - Date.now()).toBeLessThan(11 * 60_000);
    const plain = JSON.parse(await user.output(['put', '--json', '--no-encrypt', '--ttl', '2h'], put));
    expect(plain.encrypted).toBe(false);
    expect(Date.parse(plain.expiry_time) - Date.now()).toBeGreaterThan(119 * 60_000);
  });

  test('is refused with its path if it is invalid', async () => {
    for (const [config, reason] of [
      ['{', 'not JSON'],
      ['[]', 'not a JSON object'],
      [{ urll: server.url }, 'unknown setting "urll"; the settings are url, key, ttl, encrypt'],
      [{ encrypt: 'yes' }, '"encrypt" must be a boolean'],
    ] as const) {
      const { code, stderr } = await (await configured(config)).call(['put'], put);
      expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
      expect(stderr).toContain('mayfly/config.json');
    }
  });
});

test('the working directory has no effect: neither its .env nor its bunfig.toml', async () => {
  const user = await configured({ url: server.url });
  writeFileSync(user.path('.env'), `MAYFLY_URL=${nowhere}\n`);
  writeFileSync(user.path('bunfig.toml'), 'preload = ["./preloaded.ts"]\n');
  writeFileSync(user.path('preloaded.ts'), 'console.log("ran code of the folder");\n');
  const child = Bun.spawn(['node', join(checkout, 'bin/mayfly.mjs'), 'put'], {
    cwd: user.folder,
    env: { PATH: process.env.PATH ?? '', HOME: user.folder, XDG_CONFIG_HOME: temporaryDirectory('empty') },
    stdin: new Blob(['content']),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(stdout + stderr).not.toContain('ran code');
  expect(stdout + stderr).not.toContain(new URL(nowhere).host);
});

test('it serves its pages in any working directory', async () => {
  const folder = temporaryDirectory('elsewhere');
  const port = await freePort();
  const child = Bun.spawn(['node', join(checkout, 'bin/mayfly.mjs')], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      DATA_DIR: folder,
      PORT: String(port),
      HOST: '127.0.0.1',
    },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const forget = endWithRun(() => child.kill('SIGKILL'));
  const headers = { accept: 'text/html' };
  const answer = async () => (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
  const page = await waitFor('the page', answer, { timeoutMs: 40_000 }).catch(async (error) => {
    child.kill('SIGTERM');
    throw new Error(await new Response(child.stderr).text(), { cause: error });
  });
  expect(page).toContain('<textarea');
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
  forget();
});
