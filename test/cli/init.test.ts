import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfig, settings } from '../../src/config/index.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { sharedPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { startProcess } from '../support/running-process.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { localhostCertificate, localhostKey, testAuthority } from '../support/test-authority.ts';
import { waitFor } from '../support/wait-for.ts';
import { startCaddyWith, startHaproxyWith, startNginxWith, type WebProxy } from '../support/web-proxies.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

const enter = '\r';
const down = '\u001B[B';

let user: User;
beforeAll(async () => {
  user = await newUser('');
});

const onDisk = ['--public-url', 'https://mayfly.example', '--data', 'disk', '--create', 'everyone'];
const read = (...path: string[]) => readFileSync(user.path(join(...path)), 'utf8');
const settingsIn = (folder: string) => parseEnv(read(folder, 'mayfly.env')) as Record<string, string>;

describe('init', () => {
  test('asks four questions at a terminal, and writes what the answers say', async () => {
    const call = await user.atTerminal(['init', '--output', 'asked']);
    await call.waitFor('Which address do users see?');
    call.type(`mayfly.example${enter}`);
    await call.waitFor('It must be a URL');
    call.type(`${'\u007F'.repeat(14)}https://mayfly.example/paste${enter}`);
    await call.waitFor('Where does the data live?');
    call.type(enter);
    await call.waitFor('Which proxy on this machine');
    call.type(`${down}${enter}`);
    await call.waitFor('Who may create content?');
    call.type(`${down}${enter}`);
    expect(await call.exited).toBe(0);
    expect(settingsIn('asked')).toMatchObject({
      PUBLIC_URL: 'https://mayfly.example/paste',
      HOST: '127.0.0.1',
      TRUSTED_PROXIES: '127.0.0.1',
      ANONYMOUS_CREATE: 'false',
      DATA_DIR: user.path('data'),
    });
    expect(read('asked', 'mayfly.nginx.conf')).toContain('location /paste/ {');
    expect(call.shown()).toContain('mayfly doctor --env-file asked/mayfly.env');
  });

  test.each(['\u0003', '\u0004'])('is interrupted by Ctrl-C and Ctrl-D, and writes nothing', async (key) => {
    const call = await user.atTerminal(['init', '--output', 'interrupted']);
    await call.waitFor('Which address');
    call.type(key);
    expect(await call.exited).toBe(130);
    expect(existsSync(user.path('interrupted'))).toBe(false);
  });

  test('names what is missing without a terminal, and what is wrong', async () => {
    const missing = await user.call(['init', '--data', 'disk']);
    expect(missing).toMatchObject({
      code: 2,
      stderr: 'mayfly: without a terminal, init also needs --public-url, --proxy, --create\n',
    });
    for (const [address, message] of [
      ['mayfly.example', /^mayfly: --public-url: It must be a URL/],
      ['https://mayfly.example/api', /^mayfly: --public-url: .*must not have a path that begins with \/api/],
    ] as const) {
      const args = ['init', ...onDisk, '--proxy', 'none', '--public-url', address, '--output', 'wrong'];
      expect(await user.call(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    }
    // It would be a directive of its own.
    const injected = ['--certificate', '/a.pem;\nssl off'];
    const args = [
      'init',
      ...onDisk,
      '--proxy',
      'nginx',
      '--public-url',
      'https://a.example',
      '--output',
      'wrong',
    ];
    expect(await user.call([...args, ...injected])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^mayfly: --certificate and --certificate-key must not have .*\n$/),
    });
    expect(existsSync(user.path('wrong'))).toBe(false);
    writeFileSync(user.path('file'), '');
    const nowhere = await user.call(['init', ...onDisk, '--proxy', 'none', '--output', 'file/folder']);
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^mayfly: file\/folder\S* cannot be used \(ENOTDIR\)/),
    });
  });

  test('writes only settings, with which a server can start, and which only the owner can read', async () => {
    const known = new Set(Object.values(settings).map(({ name }) => name));
    const stores = {
      DATABASE_URL: 'postgres://mayfly:pass@db.example/mayfly?sslmode=verify-full',
      S3_ENDPOINT: 'https://s3.example',
    };
    for (const [folder, args, env] of [
      ['disk', [...onDisk, '--proxy', 'caddy'], {}],
      ['postgresql', [...onDisk, '--proxy', 'none', '--data', 'postgresql'], stores],
    ] as const) {
      const shown = await user.output(['init', ...args, '--output', folder], { env });
      const written = settingsIn(folder);
      expect(Object.keys(written).filter((name) => !known.has(name))).toEqual([]);
      expect(() => readConfig(written)).not.toThrow();
      expect(written.SECRET).toMatch(/^[\w-]{43}$/);
      expect(written).toMatchObject(env);
      expect(statSync(user.path(join(folder, 'mayfly.env'))).mode & 0o777).toBe(0o600);
      expect(shown.includes('replace CHANGE-ME in REDIS_URL, S3_ACCESS_KEY_ID')).toBe(
        folder === 'postgresql',
      );
    }
  });

  test('replaces no file without --force, and then keeps the secret and the file before', async () => {
    const args = ['init', ...onDisk, '--output', 'again', '--proxy'];
    expect(await user.output([...args, 'nginx'])).toContain('Wrote again/mayfly.env');
    const before = read('again', 'mayfly.env');
    expect(await user.output([...args, 'nginx'])).toContain('Kept  again/mayfly.env');
    const refused = await user.call([...args, 'none']);
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringMatching(/again\/mayfly\.env would change; --force/),
    ]);
    expect(read('again', 'mayfly.env')).toBe(before);
    // The group of a service may read it.
    chmodSync(user.path('again/mayfly.env'), 0o640);
    await user.output([...args, 'none', '--force']);
    expect(read('again', 'mayfly.env.old')).toBe(before);
    for (const name of ['mayfly.env', 'mayfly.env.old'])
      expect([name, statSync(user.path(join('again', name))).mode & 0o777]).toEqual([name, 0o640]);
    expect(settingsIn('again')).toMatchObject({ HOST: '0.0.0.0', SECRET: parseEnv(before).SECRET ?? '' });
  });

  test('keeps a symbolic link to the environment file, and changes what it leads to', async () => {
    const args = ['init', ...onDisk, '--output', 'linked', '--proxy'];
    mkdirSync(user.path('linked'));
    mkdirSync(user.path('kept'));
    symlinkSync('../kept/settings', user.path('linked/mayfly.env'));
    await user.output([...args, 'none']);
    const before = read('kept', 'settings');
    await user.output([...args, 'nginx', '--force']);
    expect(read('linked', 'mayfly.env.old')).toBe(before);
    expect(statSync(user.path('linked/mayfly.env.old')).mode & 0o777).toBe(0o600);
    expect(parseEnv(read('kept', 'settings'))).toMatchObject({ HOST: '127.0.0.1' });
    expect(readlinkSync(user.path('linked/mayfly.env'))).toBe('../kept/settings');
    expect(readdirSync(user.path('kept'))).toEqual(['settings']);
  });
});

type Proxied = {
  scheme: 'http' | 'https';
  start: (port: number, configuration: string) => Promise<WebProxy>;
};

const proxies: Record<string, Proxied> = {
  nginx: { scheme: 'https', start: startNginxWith },
  haproxy: { scheme: 'https', start: startHaproxyWith },
  caddy: { scheme: 'http', start: startCaddyWith },
};
const files: Record<string, string> = {
  nginx: 'mayfly.nginx.conf',
  haproxy: 'mayfly.haproxy.cfg',
  caddy: 'Caddyfile',
};

await suiteWith(
  ['nginx', 'haproxy', 'caddy', 'curl'],
  'a server and a proxy from init',
  ({ curl, caddy }) => {
    const folder = temporaryDirectory('init');
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };

    for (const [name, { scheme, start }] of Object.entries(proxies))
      test.concurrent(`take a large upload by ${name}, and see the address of the client`, async () => {
        const [port, own] = [await freePort(), await freePort()];
        const url = `${scheme}://localhost:${port}/paste`;
        const certificate = file(
          `${name}.pem`,
          name === 'haproxy' ? localhostCertificate + localhostKey : localhostCertificate,
        );
        const tls = ['--certificate', certificate, '--certificate-key', file(`${name}.key`, localhostKey)];
        mkdirSync(join(folder, name));
        const args = ['--public-url', url, '--data', 'disk', '--create', 'everyone', '--port', String(own)];
        const places = ['--output', name, '--data-dir', join(folder, name, 'data')];
        await user.output(['init', ...args, ...places, ...tls, '--proxy', name]);
        const proxy = await start(port, read(name, files[name] ?? ''));
        const mayfly = await startMayfly({ clockless: true, env: settingsIn(name) });
        const large = file(`${name}.bin`, '');
        truncateSync(large, 64 * 1024 ** 2);
        const authority = file(`${name}-authority.pem`, testAuthority);
        const call = async (...more: string[]) => {
          const options = ['-sS', '--cacert', authority, '--interface', '127.0.0.7', '--noproxy', '*'];
          const called = startProcess(curl, [...options, ...more]);
          await called.exited;
          return called.output().trim();
        };
        const link = await call('-T', large, `${url}/`);
        expect(link).toStartWith(`${url}/p/`);
        const head = await call('-I', link.replace('/p/', '/raw/'));
        expect(head).toMatch(/^content-length: 67108864\r?$/im);
        // The log is written now and then.
        await waitFor('the address in the log', () => mayfly.logs().includes('"client":"127.0.0.7"'));
        expect(await call('-o', '/dev/null', '-w', '%{http_code}', `${url}/metrics`)).toBe('403');
        await proxy.stop();
        await mayfly.stop();
      });

    test('Caddy accepts the configuration of an https:// address', async () => {
      await user.output(['init', ...onDisk, '--proxy', 'caddy', '--output', 'caddy-https']);
      const args = ['adapt', '--config', user.path('caddy-https/Caddyfile'), '--adapter', 'caddyfile'];
      const adapted = startProcess(caddy, args, {
        env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder },
      });
      expect([await adapted.exited, adapted.output()]).toEqual([
        0,
        expect.stringContaining('"mayfly.example"'),
      ]);
    });
  },
);

await suiteWithPostgres('a server with the files of init for PostgreSQL, Redis and S3', () => {
  test('starts by the steps that init prints, and nothing is wrong with it', async () => {
    const [postgres, redis, s3] = await Promise.all([sharedPostgres(), startRedis(), startS3()]);
    const [port, own] = [await freePort(), await freePort()];
    const url = `http://localhost:${port}`;
    const env = { ...s3.env, DATABASE_URL: await postgres.createDatabase(), REDIS_URL: redis.url };
    const answers = ['--public-url', url, '--data', 'postgresql', '--proxy', 'nginx', '--create', 'keys'];
    const places = ['--port', String(own), '--output', user.path('stores')];
    const shown = await user.output(['init', ...answers, ...places], { env });
    const steps = [...shown.matchAll(/^\d+\. .*?: mayfly (.*)$/gm)].map(([, step = '']) => step.split(' '));
    const [cors = [], serve = [], create = [], doctor = []] = steps;
    expect(steps.map(([command]) => command)).toEqual(['cors', 'serve', 'keys', 'doctor']);

    await user.output(cors);
    const command = ['--no-env-file', join(checkout, 'src/main.ts'), ...serve];
    const server = startProcess(process.execPath, command, {
      cwd: checkout,
      env: { PATH: process.env.PATH, HOME: user.folder },
    });
    const proxy = await startNginxWith(port, read('stores', 'mayfly.nginx.conf'));
    await waitFor('the server', async () => (await fetch(`${url}/readyz`)).ok, { timeoutMs: 60_000 });
    const key = await user.output(create.map((word) => (word === 'NAME' ? 'acme' : word)));
    const content = randomBytes(100_000);
    const settings = { MAYFLY_URL: url, MAYFLY_KEY: key };
    const link = await user.output(['put', '-'], { input: content, env: settings });
    expect(link).toStartWith(`${url}/p/`);
    expect((await user.call(['get', link], { env: settings })).bytes).toEqual(new Uint8Array(content));
    const found = await user.call(doctor);
    expect(found.stdout).not.toMatch(/^problem/m);
    expect([found.code, found.stderr]).toEqual([0, '']);
    expect(await server.stop(60_000)).toBe(0);
    await Promise.all([proxy.stop(), redis.stop(), s3.stop()]);
  });
}, ['redis-server', 'versitygw', 'nginx']);
