import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startProcess } from '../support/running-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { outputOf, packed } from './packed.ts';

setDefaultTimeout(300_000);

const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));

await suiteWith(['node'], 'the package, installed with npm for all users', ({ node }) => {
  const prefix = temporaryDirectory('prefix');
  // With the oldest supported Node before every other one.
  const env = {
    PATH: [join(prefix, 'bin'), dirname(node), process.env.PATH].join(':'),
    HOME: temporaryDirectory('home'),
    NO_COLOR: '1',
  };

  beforeAll(async () => {
    const options = ['--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'];
    // With npm's own cache and settings, which may name a registry and its certificates.
    const own = { ...process.env, PATH: env.PATH };
    const shown = await outputOf(['npm', 'install', '--global', ...options, await packed()], { env: own });
    expect(shown).not.toContain('warn');
  });

  const programs: Record<string, string[]> = {
    Node: ['mayfly'],
    Bun: [process.execPath, '--no-env-file', join(prefix, 'bin', 'mayfly')],
  };
  for (const [runtime, mayfly] of Object.entries(programs))
    describe(`on ${runtime}`, () => {
      test('it says its version', async () => {
        expect(await outputOf([...mayfly, '--version'], { env })).toBe(`${version}\n`);
      });

      test('it serves, puts, gets, logs in and checks itself, and its pages have their scripts', async () => {
        const url = `http://127.0.0.1:${await freePort()}`;
        const settings = { DATA_DIR: temporaryDirectory('data'), PORT: new URL(url).port, PUBLIC_URL: url };
        const [command = '', ...args] = mayfly;
        const server = startProcess(command, [...args, 'serve'], {
          env: { ...env, ...settings, HOST: '127.0.0.1' },
        });
        await waitFor('the server', async () => (await fetch(`${url}/readyz`)).ok, { timeoutMs: 60_000 });
        const file = join(env.HOME, `${runtime}.txt`);
        await Bun.write(file, 'from the package');
        const link = (await outputOf([...mayfly, 'put', file, '--url', url], { env })).trim();
        expect(await outputOf([...mayfly, 'get', link], { env })).toBe('from the package');
        const own = { ...env, ...settings, HOME: temporaryDirectory('home') };
        const create = ['keys', 'create', '--kind', 'payload', '--account', 'acme'];
        const key = (await outputOf([...mayfly, ...create], { env: own })).trim();
        await outputOf([...mayfly, 'login', url], { env: { ...own, MAYFLY_KEY: key } });
        for (const doctor of [['doctor'], ['doctor', '--server']])
          expect(await outputOf([...mayfly, ...doctor], { env: own })).toMatch(/^ok +body size/m);
        const page = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
        const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
        expect((await fetch(new URL(script, url))).headers.get('content-type')).toStartWith(
          'text/javascript',
        );
        expect(await server.stop(60_000)).toBe(0);
      });
    });
});
