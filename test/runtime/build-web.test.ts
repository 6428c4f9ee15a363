import { expect, test } from 'bun:test';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

/** A checkout that can serve but not build, because a file has the path of the build folder. */
function brokenCheckout(): string {
  const folder = temporaryDirectory('checkout');
  for (const name of [
    'bin',
    'scripts',
    'packages',
    'package.json',
    'bun.lock',
    'bunfig.toml',
    'tsconfig.json',
    'deno.json',
  ])
    cpSync(join(checkout, name), join(folder, name), { recursive: true });
  for (const name of ['src', 'node_modules', 'migrations'])
    symlinkSync(join(checkout, name), join(folder, name));
  writeFileSync(join(folder, 'build'), '');
  return folder;
}

const { PATH = '', HOME = '' } = process.env;

test('if the build fails, the start reports it and serves', async () => {
  const port = String(await freePort());
  const env = { PATH, HOME, PORT: port, HOST: '127.0.0.1', DATA_DIR: temporaryDirectory('data') };
  const server = startProcess('node', ['bin/mayfly.mjs', 'serve'], { cwd: brokenCheckout(), env });
  await waitFor('the server', async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok, {
    timeoutMs: 20_000,
  });
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(server.output()).toContain('mayfly: the scripts of the pages could not be built');
}, 30_000);

test('a failed explicit build exits with an error and leaves nothing behind; a killed one is cleaned up', () => {
  const folder = brokenCheckout();
  const build = (...options: string[]) =>
    Bun.spawnSync([process.execPath, 'scripts/build-web.mjs', ...options], {
      cwd: folder,
      env: { PATH, HOME },
    });
  expect(build().exitCode).not.toBe(0);
  expect(build('--if-possible').exitCode).toBe(0);
  const parent = temporaryDirectory('checkout');
  for (const name of ['scripts', 'packages'])
    cpSync(join(folder, name), join(parent, name), { recursive: true });
  // Without sources, the build fails halfway, after its clean-up.
  const [old, running] = ['web.1', 'web.2'].map((name) => join(parent, 'build', name)) as [string, string];
  for (const each of [old, running]) mkdirSync(each, { recursive: true });
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  utimesSync(old, twoDaysAgo, twoDaysAgo);
  const broken = Bun.spawnSync([process.execPath, 'scripts/build-web.mjs'], {
    cwd: parent,
    env: { PATH, HOME },
  });
  expect(broken.exitCode).not.toBe(0);
  expect(existsSync(old)).toBe(false);
  expect(readdirSync(join(parent, 'build'))).toEqual(['web.2']);
});
