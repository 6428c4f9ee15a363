// A clean start from a clone: `npm start` as the README shows it, on a machine without Bun.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { cpSync, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, findPart } from './support/parts.ts';
import { freePort } from './support/ports.ts';
import { type RunningProcess, startProcess } from './support/running-process.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const megabyte = 1_000_000;
/** Installs from a registry, and builds the pages. */
const slowly = { timeoutMs: 300_000 };

const clone = temporaryDirectory('clone');
const { HOME = '' } = process.env;
const withoutBun = (process.env.PATH ?? '').split(':').filter((folder) => !existsSync(join(folder, 'bun')));

type Server = { url: string; process: RunningProcess };
const servers: Server[] = [];

/** Starts a server in the clone with a data folder of its own. */
async function start(command: string[], path = withoutBun): Promise<Server> {
  const port = String(await freePort());
  const env = {
    ...{ HOME, PATH: path.join(':'), HOST: '127.0.0.1', PORT: port },
    DATA_DIR: temporaryDirectory('clone-data'),
  };
  const [program = '', ...args] = command;
  const server = {
    url: `http://127.0.0.1:${port}`,
    process: startProcess(program, args, { cwd: clone, env }),
  };
  servers.push(server);
  return server;
}

function answers({ url, process }: Server) {
  return waitFor(
    `the server at ${url}`,
    async () => {
      if (!process.isRunning()) throw new Error(process.output());
      return (await fetch(`${url}/readyz`)).ok;
    },
    slowly,
  );
}

/** Stores and reads a payload, and loads a page with its scripts. */
async function expectWorks({ url }: Server) {
  const created = await fetch(`${url}/`, { method: 'POST', body: 'from a clone' });
  const id = (await created.text()).trim().split('/').at(-1);
  expect(await (await fetch(`${url}/raw/${id}`)).text()).toBe('from a clone');
  const html = await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text();
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
  expect(assets.filter((path) => path.endsWith('.js')).length).toBeGreaterThan(2);
  for (const path of assets) expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
}

/** All files below a folder with their sizes on disk; one with several names counts once. */
function filesOnDisk(folder: string) {
  const files = new Map<number, { path: string; bytes: number }>();
  for (const path of ['', ...readdirSync(folder, { recursive: true })]) {
    const { ino, blocks } = lstatSync(join(folder, String(path)));
    files.set(ino, { path: String(path), bytes: blocks * 512 });
  }
  return [...files.values()];
}

const totalOf = (files: { bytes: number }[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);

beforeAll(async () => {
  // What a clone of the repository has, with the changes that are not committed yet.
  const listed = Bun.spawnSync(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: checkout,
  });
  const paths = listed.stdout.toString().split('\0').filter(Boolean);
  for (const path of paths.filter((path) => existsSync(join(checkout, path))))
    cpSync(join(checkout, path), join(clone, path));
});

afterAll(() => Promise.all(servers.map(({ process }) => process.stop())));

test('npm start serves from an empty clone, also when it is called twice at the same time', async () => {
  const both = await Promise.all([start(['npm', 'start']), start(['npm', 'start'])]);
  await Promise.all(both.map(answers));
  for (const server of both) await expectWorks(server);
  expect(readdirSync(join(clone, '.cache'))).toEqual([]);
}, 330_000);

test('it installs what running needs: below 150 MB, with one Bun and no tools of the tests', () => {
  const modules = filesOnDisk(join(clone, 'node_modules'));
  const total = totalOf(modules) + totalOf(filesOnDisk(join(clone, 'build')));
  console.info(`node_modules and the built pages: ${Math.round(total / megabyte)} MB`);
  expect(total).toBeLessThan(150 * megabyte);
  expect(modules.filter(({ bytes }) => bytes > 50 * megabyte)).toHaveLength(1);
  expect(modules.filter(({ path }) => path.endsWith('.node'))).toHaveLength(1);
  const tools = ['typescript', 'esbuild', 'pdfjs-dist', '@biomejs', 'playwright-core'];
  expect(tools.filter((name) => existsSync(join(clone, 'node_modules', name)))).toEqual([]);
});

test('deno task start serves with what npm start has installed', async () => {
  const deno = await findPart('deno');
  if (deno === undefined) throw new Error('Deno is a package of this project: it is not installed');
  const server = await start([deno, 'task', 'start']);
  await answers(server);
  await expectWorks(server);
}, 330_000);

test('npm test installs the tools while the servers run, and npm start keeps them', async () => {
  const env = { HOME, PATH: withoutBun.join(':') };
  const tests = startProcess('npm', ['test', '--', 'test/naming/'], { cwd: clone, env });
  expect([await tests.exited, tests.output()]).toEqual([0, expect.any(String)]);
  expect(existsSync(join(clone, 'node_modules', 'typescript', 'package.json'))).toBe(true);
  expect(existsSync(join(clone, 'node_modules', 'elysia', 'dist', 'index.d.ts'))).toBe(true);
  for (const server of servers) await expectWorks(server);
  const installed = lstatSync(join(clone, 'node_modules')).ino;
  const again = await start(['npm', 'start']);
  await answers(again);
  expect(lstatSync(join(clone, 'node_modules')).ino).toBe(installed);
}, 330_000);
