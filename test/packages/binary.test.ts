// The binary, on this machine.
import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { builtBinary } from '../support/built-binary.ts';
import { answerOf, environmentOf } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { startCollector } from '../support/otlp-collector.ts';
import { sharedPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { sharedRedis } from '../support/redis.ts';
import { sharedS3 } from '../support/s3.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(240_000);

let binary: string;

beforeAll(async () => {
  binary = await builtBinary();
});

/** Runs a command in a folder. */
const command = (cwd: string, args: string[], env: Record<string, string> = {}) =>
  answerOf([binary, ...args], { cwd, env: environmentOf(join(cwd, 'own-data'), env) });

/** The parts of the files that a process has loaded as code. */
const codeOf = (pid: number) =>
  readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .filter((line) => / r-xp /.test(line));

describe('the file', () => {
  test('says its version, also in its help', async () => {
    const folder = temporaryDirectory('version');
    const { code, stdout } = await command(folder, ['--version']);
    expect([code, stdout]).toEqual([0, `${packageJson.version}\n`]);
    expect((await command(folder, ['--help'])).stdout).toContain(`Mayfly ${packageJson.version} `);
  });

  test('has at most 150 MB', () => {
    expect(statSync(binary).size).toBeLessThan(150e6);
  });

  test('does not read the files that Bun would read in the working directory', async () => {
    const folder = hostileFolder();
    const traces = () => readdirSync(folder).filter((name) => /^ran-|^from-dotenv/.test(name));
    expect((await command(folder, ['--version'])).stdout).toBe(`${packageJson.version}\n`);
    const server = await startMayfly({ binary: [binary], program: folder });
    const stored = await command(folder, ['put', 'tsconfig.json'], { MAYFLY_URL: server.url });
    expect([stored.code, stored.stdout]).toEqual([0, expect.stringContaining(server.url)]);
    expect(await server.stop()).toBe(0);
    // LOG_LEVEL, SECRET and others of .env would be in use.
    expect(server.logs()).toContain('"msg":"request"');
    expect(server.logs()).not.toContain('hostile');
    expect(traces()).toEqual([]);
    expect(existsSync(join(server.dataDir, 'mayfly.db'))).toBe(true);
  });

  test('calls a server without a folder that SQLite could be unpacked to', async () => {
    const server = await startMayfly({ binary: [binary] });
    const folder = temporaryDirectory('user');
    writeFileSync(join(folder, 'notes.txt'), 'notes');
    const env = { MAYFLY_URL: server.url, TMPDIR: '/nonexistent', DATA_DIR: '/proc/nonexistent' };
    const { code, stdout, stderr } = await command(folder, ['put', 'notes.txt'], env);
    expect([code, stderr]).toEqual([0, '']);
    expect((await command(folder, ['get', stdout.trim()], env)).stdout).toBe('notes');
    const refused = await command(folder, ['keys', 'create', '--kind', 'storage', '--account', 'a'], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^mayfly: [^\n]*\n$/);
    await server.stop();
  });

  test('logs in, and checks a server from outside and on its machine', async () => {
    const server = await startMayfly({ binary: [binary] });
    const { url, port, dataDir } = server;
    const env = { HOME: temporaryDirectory('home'), DATA_DIR: dataDir, PORT: String(port), PUBLIC_URL: url };
    const create = ['keys', 'create', '--kind', 'payload', '--account', 'acme'];
    const key = (await command(dataDir, create, env)).stdout.trim();
    expect((await command(dataDir, ['login', url], { ...env, MAYFLY_KEY: key })).code).toBe(0);
    for (const doctor of [['doctor'], ['doctor', '--server']]) {
      const { code, stdout, stderr } = await command(dataDir, doctor, env);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^ok +body size/m);
    }
    expect(await server.stop()).toBe(0);
  });

  test('has the libraries of traces', async () => {
    const collector = startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const server = await startMayfly({ binary: [binary], env });
    await fetch(`${server.url}/p/x`);
    expect(await server.stop()).toBe(0);
    expect(collector.spans.find(({ name }) => name === 'GET /p/:hash_id')?.resource).toMatchObject({
      'service.version': packageJson.version,
    });
    await collector.stop();
  });

  test('has its threads, which use the same copy of SQLite', async () => {
    const temporary = temporaryDirectory('unpacked');
    const server = await startMayfly({
      binary: [binary],
      env: { SWEEP_CRON: '* * * * * *', TMPDIR: temporary },
    });
    const connections = () =>
      readdirSync(`/proc/${server.pid}/fd`).filter((name) =>
        linkOf(`/proc/${server.pid}/fd/${name}`)?.endsWith('/mayfly.db'),
      );
    // That of the checkpoints comes with the first sweep.
    await waitFor('the thread of the checkpoints', () => connections().length >= 2, { timeoutMs: 60_000 });
    const copies = codeOf(server.pid).filter((line) => line.includes('.node'));
    expect(copies).toHaveLength(1);
    expect(readdirSync(temporary)).toEqual([]);

    const text = 'encoded and decoded '.repeat(10_000);
    const stored = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
      body: Bun.gzipSync(text),
    });
    expect(stored.status).toBe(201);
    const id = (await stored.text()).trim().split('/').at(-1);
    expect(await (await fetch(`${server.url}/raw/${id}`)).text()).toBe(text);
    const document = await fetch(`${server.url}/openapi.json`, { headers: { 'accept-encoding': 'gzip' } });
    expect(document.headers.get('content-encoding')).toBe('gzip');
    expect(await document.json()).toMatchObject({ info: { version: packageJson.version } });
    expect(await server.stop()).toBe(0);
    expect(server.logs()).not.toMatch(/"level":[56]0/);
  });

  test('serves the pages with their scripts and styles', async () => {
    const server = await startMayfly({ binary: [binary] });
    const page = await (await fetch(server.url, { headers: { accept: 'text/html' } })).text();
    const assets = [...new Set([...page.matchAll(/\/assets\/[\w.-]+/g)].map(([path]) => path))];
    expect(assets.some((path) => path.endsWith('.js'))).toBe(true);
    expect(assets.some((path) => path.endsWith('.css'))).toBe(true);
    for (const path of assets) {
      const { status } = await fetch(server.url + path);
      expect([path, status]).toEqual([path, 200]);
    }
    await server.stop();
  });
});

const withWorkers = () => {
  let server: MayflyProcess;

  test('starts itself as workers, and loads no SQLite', async () => {
    const [postgres, s3, redis] = await Promise.all([sharedPostgres(), sharedS3(), sharedRedis()]);
    server = await startMayfly({
      binary: [binary],
      env: {
        WORKERS: '2',
        DATABASE_URL: await postgres.createDatabase(),
        REDIS_URL: redis.url,
        SECRET: randomBytes(16).toString('hex'),
        ...s3.env,
      },
    });
    const stored = await fetch(server.url, { method: 'POST', body: 'from a worker' });
    const id = (await stored.text()).trim().split('/').at(-1);
    expect(await (await fetch(`${server.url}/raw/${id}`)).text()).toBe('from a worker');
    const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8')
      .trim()
      .split(' ');
    expect(children).toHaveLength(2);
    for (const pid of children) expect(readlinkSync(`/proc/${pid}/exe`)).toBe(binary);
    expect(codeOf(server.pid).filter((line) => line.includes('.node'))).toEqual([]);
    expect(await server.stop()).toBe(0);
  });
};

await suiteWithPostgres('the file, with several workers', withWorkers, ['redis-server', 'versitygw']);

/** A folder with every file that the runtime of the checkout reads, each with something that leaves a trace. */
function hostileFolder(): string {
  const folder = temporaryDirectory('hostile');
  mkdirSync(join(folder, 'node_modules', 'commander'), { recursive: true });
  const trace = (name: string) =>
    `require('node:fs').writeFileSync(${JSON.stringify(join(folder, `ran-${name}`))}, '');`;
  const files: Record<string, string> = {
    '.env': [
      'DATA_DIR=./from-dotenv',
      'LOG_LEVEL=silent',
      'MAYFLY_URL=http://127.0.0.1:9',
      'SECRET=hostile-hostile-hostile-hostile',
      'BUN_OPTIONS=--preload ./preload.js',
      'NODE_OPTIONS=--require ./preload.js',
      'BUN_BE_BUN=1',
    ].join('\n'),
    'bunfig.toml': 'preload = ["./preload.js"]\n[run]\npreload = ["./preload.js"]\n',
    'preload.js': trace('preload'),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { paths: { commander: ['./taken.js'] }, jsxImportSource: './taken' },
    }),
    'taken.js': trace('taken'),
    'package.json': JSON.stringify({ imports: { commander: './taken.js' }, browser: { fs: './taken.js' } }),
    'node_modules/commander/index.js': trace('module'),
  };
  for (const copy of ['.env.local', '.env.production', '.env.development']) files[copy] = files['.env'] ?? '';
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // It was closed since the folder was read.
    return undefined;
  }
}
