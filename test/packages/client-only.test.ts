import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../src/cli/program.ts';
import { createClient } from '../../src/client/index.ts';
import { type FileServer, startFileServer } from '../api/file-server.ts';
import { compiledProgram } from '../support/compiled-program.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { outputOf } from './packed.ts';

setDefaultTimeout(120_000);

/** All that commands which use a server may load. The names of the other commands are in the help. */
const ownModules = [
  ...[
    'main',
    'cli/index',
    'cli/program',
    'cli/doctor',
    'cli/doctor-command',
    'cli/shared',
    'cli/use',
    'client',
    'encryption',
    'naming',
    'program',
  ],
  ...['cli/operate/commands', 'cli/operate/init/init-command', 'cli/operate/quantities', 'core/quantity'],
  ...['runtime/preparation', 'runtime/node-fetch'],
];
const libraries = [
  ...['@clack/prompts', 'chokidar', 'cli-progress', 'clipboardy', 'commander', 'content-disposition'],
  ...['mime-types', 'temporal-polyfill', 'undici', 'uqr'],
];

/** The program without its server, and without what only that needs. Returns the path of its `main`. */
function clientOnly(source: 'src' | 'lib'): string {
  const folder = temporaryDirectory('client-only');
  const extension = source === 'src' ? '.ts' : '.js';
  const copy = (path: string) => cpSync(join(checkout, path), join(folder, path), { recursive: true });
  for (const module of ownModules) {
    const path = join(source, module);
    copy(existsSync(join(checkout, path)) ? path : path + extension);
  }
  for (const name of libraries) {
    mkdirSync(join(folder, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(checkout, 'node_modules', name), join(folder, 'node_modules', name));
  }
  copy('package.json');
  return join(folder, source, `main${extension}`);
}

await suiteWith(['node'], 'commands that use a server load nothing of the server', ({ node }) => {
  let server: FileServer;
  let key: string;
  beforeAll(async () => {
    server = await startFileServer();
    await compiledProgram();
    const create = ['keys', 'create', '--kind', 'storage', '--account', 'acme'];
    key = /sk_live_\S+/.exec(await mayflyOutput(server.dataDir, create))?.[0] ?? '';
  });
  afterAll(async () => {
    await server.stop();
  });

  const programs = {
    'the package on Node': { bucket: 'on-node', program: () => [node, clientOnly('lib')] },
    'the checkout on Bun': {
      bucket: 'on-bun',
      program: () => [process.execPath, '--no-env-file', clientOnly('src')],
    },
  };
  for (const [name, { bucket, program }] of Object.entries(programs))
    test(`in ${name}`, async () => {
      const folder = temporaryDirectory('user');
      const env = { PATH: process.env.PATH, HOME: folder, MAYFLY_URL: server.url, MAYFLY_KEY: key };
      const command = program();
      const called = new Set<string>();
      const mayfly = (...args: string[]) => {
        called.add(args[0] ?? '');
        return outputOf([...command, ...args], { cwd: folder, env });
      };
      writeFileSync(join(folder, 'a.txt'), 'some text');
      writeFileSync(join(folder, 'password'), 'correct horse\n');
      const protectedBy = ['--password-file', 'password'];

      await expect(mayfly('serve')).rejects.toThrow('annot find');
      expect(await mayfly('--help')).toContain('mayfly put notes.txt');
      expect(await mayfly('put', 'a.txt', '--qr')).toContain('▀');
      const link = (await mayfly('put', 'a.txt', '--reads', '2', ...protectedBy)).trim();
      expect(await mayfly('get', link, '--yes', ...protectedBy)).toBe('some text');
      expect(await mayfly('ls')).toContain('a.txt');
      await mayfly('rm', link);
      await createClient({ url: server.url, key }).buckets.create(bucket);
      await mayfly('cp', 'a.txt', `${bucket}:`);
      expect(await mayfly('ls', bucket)).toContain('a.txt');
      await mayfly('cp', `${bucket}:a.txt`, 'b.txt');
      expect(await mayfly('completion', 'bash')).toContain('mayfly');
      expect(await mayfly('doctor')).toContain(server.url);
      await mayfly('login', server.url);
      await mayfly('logout');

      mkdirSync(join(folder, 'watched'));
      called.add('watch');
      const [runtime = '', ...args] = command;
      const watching = startProcess(runtime, [...args, 'watch', 'watched'], { cwd: folder, env });
      await waitFor('the folder is watched', () => watching.output().includes('watched'), {
        timeoutMs: 60_000,
      });
      writeFileSync(join(folder, 'watched', 'c.txt'), 'new');
      await waitFor('a link', () => watching.output().includes('/p/'), { timeoutMs: 60_000 });
      await watching.stop(60_000);

      const known = createProgram({}, { code: 0 }).commands.filter(
        (each) => each.helpGroup() === 'Use a server:',
      );
      expect(known.map((each) => each.name()).filter((each) => !called.has(each))).toEqual([]);
    });
});
