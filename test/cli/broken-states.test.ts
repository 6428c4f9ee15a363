import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { createKey, type Env, expectOneLine, type Scene } from './one-line.ts';

setDefaultTimeout(60_000);

type Broken = {
  name: string;
  make: () => Scene | Promise<Scene>;
  /** What the line must contain. */
  says: RegExp;
  /** The commands that it affects, if not the usual ones. */
  commands?: string[][];
  /** Whether the settings themselves are invalid, which has its own exit code. */
  isSetting?: true;
};

/** A database with the current schema, changed. */
const inMigrated = (change: (database: Database.Database) => unknown) => async (): Promise<Scene> => {
  const dataDir = temporaryDirectory('broken');
  await mayflyCommand(dataDir, ['migrate']);
  const database = new Database(join(dataDir, 'mayfly.db'));
  change(database);
  database.close();
  return { dataDir };
};

const inDirectory = (make: (dataDir: string) => Env | undefined) => (): Scene => {
  const dataDir = temporaryDirectory('broken');
  return { dataDir, env: make(dataDir) };
};

const taken = createServer().listen(0, '127.0.0.1');
afterAll(() => taken.close());
const serve = [['serve']];
const usual = [['serve'], createKey];
const everyCommand = [
  ['serve'],
  ['migrate'],
  ['sweep'],
  ['check'],
  ['keys', 'list'],
  ['bans'],
  ['plans', 'list'],
];

const states: Broken[] = [
  {
    name: 'a port in use',
    make: inDirectory(() => ({
      PORT: String((taken.address() as { port: number }).port),
      HOST: '127.0.0.1',
    })),
    says: /PORT \d+ of HOST 127\.0\.0\.1 is in use/,
    commands: serve,
  },
  {
    name: 'an address of another machine',
    make: inDirectory(() => ({ HOST: '192.0.2.1', PORT: '0' })),
    says: /HOST 192\.0\.2\.1/,
    commands: serve,
  },
  ...['no such host', 'nonsense', '256.1.1.1', '[::1', '/tmp/socket', 'fe80::1'].map((host) => ({
    name: `an invalid host: ${host}`,
    make: inDirectory(() => ({ HOST: host, PORT: '0' })),
    says: new RegExp(`HOST ${RegExp.escape(host)} is not an address of this machine: set one`),
    commands: serve,
  })),
  {
    name: 'junk in the database file',
    make: inDirectory((dataDir) => {
      writeFileSync(join(dataDir, 'mayfly.db'), Buffer.alloc(64 * 1024, 'junk'));
      return undefined;
    }),
    says: /mayfly\.db" is not an SQLite database.*SQLITE_NOTADB/,
    commands: everyCommand,
  },
  {
    name: 'a database whose first page is damaged',
    make: async () => {
      const dataDir = temporaryDirectory('broken');
      await mayflyCommand(dataDir, ['migrate']);
      overwrite(join(dataDir, 'mayfly.db'), 100, Buffer.alloc(1000, 0xff));
      return { dataDir };
    },
    says: /mayfly\.db" is damaged.*SQLITE_CORRUPT/,
  },
  {
    name: 'a database of a later version',
    make: inMigrated((database) =>
      database
        .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
        .run('later', 1e14),
    ),
    says: /mayfly\.db" has the schema of a later version: use that version/,
    commands: everyCommand,
  },
  {
    name: 'a database of an earlier version that is being moved',
    make: inMigrated((database) => {
      const last = '(SELECT max(created_at) FROM __drizzle_migrations)';
      database.exec(`DELETE FROM __drizzle_migrations WHERE created_at = ${last}`);
      database.prepare("INSERT INTO deployment (name, value) VALUES ('move', '{}')").run();
    }),
    says: /mayfly\.db" is being moved by an earlier version: end or undo the move with that version/,
    commands: everyCommand,
  },
  {
    name: 'a database that is a folder',
    make: inDirectory((dataDir) => {
      mkdirSync(join(dataDir, 'mayfly.db'));
      return undefined;
    }),
    says: /mayfly\.db" is a folder but must be a file: move it away/,
  },
  {
    name: 'a file as DATA_DIR',
    make: () => {
      const dataDir = join(temporaryDirectory('broken'), 'file');
      writeFileSync(dataDir, '');
      return { dataDir };
    },
    says: /file" cannot be used: a file is in the place of a folder: set DATA_DIR/,
  },
  {
    name: 'a file at the path of the blobs',
    make: inDirectory((dataDir) => {
      writeFileSync(join(dataDir, 'blobs'), '');
      return undefined;
    }),
    says: /blobs" cannot be used: a file is in the place of a folder/,
  },
  {
    name: 'a secret that is too short',
    make: inDirectory((dataDir) => {
      writeFileSync(join(dataDir, 'secret'), 'short');
      return undefined;
    }),
    says: /secret" must hold at least 16 characters/,
  },
  {
    name: 'S3 without a key',
    make: inDirectory(() => ({ S3_ENDPOINT: 'http://127.0.0.1:1', S3_BUCKET: 'b' })),
    says: /S3_ACCESS_KEY_ID must be set/,
    isSetting: true,
  },
  {
    name: 'Redis Sentinel',
    make: inDirectory(() => ({ REDIS_URL: 'redis+sentinel://127.0.0.1:26379/mymaster' })),
    says: /REDIS_URL must be .*single Redis/,
    isSetting: true,
  },
  {
    name: 'several nodes of Redis',
    make: inDirectory(() => ({ REDIS_URL: 'redis://one.example,two.example' })),
    says: /REDIS_URL must be .*single Redis/,
    isSetting: true,
  },
  {
    name: 'a Redis database that is not a number',
    make: inDirectory(() => ({ REDIS_URL: 'redis://one.example/mymaster' })),
    says: /REDIS_URL must be .*single Redis/,
    isSetting: true,
  },
];

function overwrite(file: string, position: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, position);
  closeSync(descriptor);
}

describe('a command that cannot work prints one line and exits, with', () => {
  for (const { name, make, says, commands = usual, isSetting } of states)
    test(name, async () => {
      const scene = await make();
      await Promise.all(commands.map((command) => expectOneLine(scene, command, says, isSetting ? 78 : 1)));
    });
});

test('an unavailable blob store is reported with its host and the code, without secrets', async () => {
  const dataDir = temporaryDirectory('away');
  await mayflyCommand(dataDir, ['migrate']);
  const host = `127.0.0.1:${await freePort()}`;
  const env = {
    S3_ENDPOINT: `http://user:password@${host}`,
    S3_BUCKET: 'b',
    S3_ACCESS_KEY_ID: 'key-id',
    S3_SECRET_ACCESS_KEY: 'key-secret',
  };
  for (const command of [['check'], ['cors']]) {
    await expectOneLine(
      { dataDir, env },
      command,
      new RegExp(`${host} cannot be used: .*\\(ECONNREFUSED\\)`),
    );
    const { stderr } = await mayflyCommand(dataDir, command, env);
    expect(stderr).not.toMatch(/password|key-id|key-secret/);
  }
});

test('a program without its migrations reports that in one line', async () => {
  const copy = temporaryDirectory('program');
  for (const part of ['src', 'package.json', 'tsconfig.json'])
    cpSync(part, join(copy, part), { recursive: true });
  expect(existsSync('node_modules')).toBe(true);
  Bun.spawnSync(['ln', '-s', join(process.cwd(), 'node_modules'), join(copy, 'node_modules')]);
  const child = Bun.spawn([process.execPath, '--no-env-file', 'src/main.ts', 'serve'], {
    cwd: copy,
    env: { PATH: process.env.PATH ?? '', DATA_DIR: join(copy, 'data') },
    stderr: 'pipe',
    stdout: 'ignore',
  });
  const stderr = await new Response(child.stderr).text();
  expect(await child.exited).toBe(1);
  expect(stderr).toMatch(/^mayfly: [^\n]*migrations are missing[^\n]*\n$/);
});

describe('a database with damaged pages', () => {
  test('is reported by mayfly check, and by /readyz after a request hit the damage', async () => {
    const mayfly = await startMayfly({ clockless: true });
    const { dataDir } = mayfly;
    const ids: string[] = [];
    for (let count = 0; count < 200; count += 1) {
      const answer = await fetch(`${mayfly.url}/`, { method: 'POST', body: `content ${count} `.repeat(200) });
      ids.push((await answer.text()).trim().split('/').at(-1) ?? '');
    }
    await mayfly.stop();
    const file = join(dataDir, 'mayfly.db');
    // Overwrites the type byte of leaf pages of the payload table, which makes them unreadable like a lost sector.
    const database = new Database(file);
    const pages = database
      .prepare("SELECT pageno FROM dbstat WHERE name = 'payloads' AND pagetype = 'leaf' LIMIT 6")
      .pluck()
      .all() as number[];
    database.close();
    expect(pages).toHaveLength(6);
    for (const page of pages) overwrite(file, (page - 1) * 4096, Buffer.alloc(4096, 0xa5));

    const { code, stdout, stderr } = await mayflyCommand(dataDir, ['check']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { damage } = JSON.parse(stdout) as { damage: string[] };
    expect(damage.length).toBeGreaterThan(0);
    expect(damage.length).toBeLessThanOrEqual(20);

    const damaged = await startMayfly({ dataDir, clockless: true });
    expect((await fetch(`${damaged.url}/readyz`)).status).toBe(200);
    for (const id of ids) await (await fetch(`${damaged.url}/raw/${id}`)).arrayBuffer();
    const readiness = await fetch(`${damaged.url}/readyz`);
    expect([readiness.status, await readiness.json()]).toEqual([
      503,
      { status: 'unavailable', stores: { database: 'damaged', blobs: 'ok', disk: 'ok' } },
    ]);
    await waitFor('the line', () => damaged.logs().includes('"event":"store_failed"'));
    expect(damaged.logs()).toMatch(/"store":"database","state":"damaged".*"code":"SQLITE_CORRUPT/);
    await damaged.stop();
  });
});

test('an uncaught error is one JSON line, and the exit code is 1', async () => {
  const fault = join(temporaryDirectory('fault'), 'fault.ts');
  writeFileSync(fault, "process.on('SIGUSR2', () => { throw new TypeError('out of nowhere'); });\n");
  const mayfly = await startMayfly({ env: { BUN_OPTIONS: `--preload ${fault}` } });
  process.kill(mayfly.pid, 'SIGUSR2');
  expect(await mayfly.exited).toBe(1);
  const [greeting, ...lines] = mayfly.logs().trim().split('\n');
  expect(greeting).toStartWith('Mayfly is at');
  const last = JSON.parse(lines.at(-1) ?? '') as object;
  expect(last).toMatchObject({ level: 60, event: 'uncaught', err: { message: 'out of nowhere' } });
});
