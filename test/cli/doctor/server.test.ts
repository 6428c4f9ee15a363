import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { mayflyCommand, mayflyOutput } from '../../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../../support/mayfly-process.ts';
import { olderDatabase } from '../../support/older-database.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { onServer, secret } from './findings.ts';

setDefaultTimeout(120_000);

describe('the settings', () => {
  test('that are invalid are a problem, and end the checks', async () => {
    expect(await onServer({ PORT: 'eighty' })).toEqual({
      settings: 'problem: PORT must be a port from 0 to 65535, but is "eighty"',
    });
  });

  test('of a proxy without TRUSTED_PROXIES, and a secret that can be guessed, are reported', async () => {
    const env = {
      PUBLIC_URL: 'https://mayfly.example',
      SECRET: 'secretsecretsecret',
      DATA_DIR: temporaryDirectory(),
    };
    expect(await onServer(env)).toMatchObject({
      proxy: expect.stringMatching(/^problem: .*TRUSTED_PROXIES is not set/),
      secret: expect.stringMatching(/^warning: SECRET is easy to guess/),
    });
    const trusting = { ...env, TRUSTED_PROXIES: '127.0.0.1', SECRET: secret };
    expect(await onServer(trusting)).toMatchObject({
      proxy: expect.stringMatching(/^warning: METRICS_TOKEN/),
      secret: 'ok: SECRET is set',
    });
    expect((await onServer({ ...trusting, METRICS_TOKEN: 'token' })).proxy).toMatch(/^ok/);
  });
});

describe('a data folder', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly({ clockless: true });
  });
  afterAll(() => mayfly.stop());

  test('of a running server is well, and the command says the same with an environment file', async () => {
    const env = {
      DATA_DIR: mayfly.dataDir,
      PUBLIC_URL: mayfly.url,
      PORT: String(mayfly.port),
      HOST: '127.0.0.1',
    };
    const before = readdirSync(mayfly.dataDir).sort();
    const found = await onServer(env);
    expect(Object.values(found).filter((each) => !/^(ok|skipped)/.test(each))).toEqual([]);
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining(['settings', 'DATA_DIR', 'secret', 'database', 'blobs']),
    );
    const file = join(temporaryDirectory('settings'), 'mayfly.env');
    const lines = Object.entries(env).map(([name, value]) => `# A comment\n${name}=${value}\n`);
    writeFileSync(file, lines.join('\n'));
    const { code, stdout, stderr } = await mayflyCommand(mayfly.dataDir, ['doctor', '--env-file', file]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ok +process +127\.0\.0\.1 accepts connections/m);
    expect(stdout).toMatch(/^ok +uploads/m);
    expect(readdirSync(mayfly.dataDir).sort()).toEqual(before);
  });

  test('of a server without a proxy leaves out what is about proxies', async () => {
    const env = { DATA_DIR: mayfly.dataDir, PORT: String(mayfly.port) };
    const { code, stdout } = await mayflyCommand(mayfly.dataDir, ['doctor', '--server'], env);
    expect(stdout).toMatch(/^skipped +client address +no proxy/m);
    expect(code).toBe(0);
  });

  test('that others can enter is a warning, and a secret that they can read is a problem', async () => {
    const folder = mayfly.dataDir;
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'secret'), 0o644);
    expect(await onServer({ DATA_DIR: folder })).toMatchObject({
      DATA_DIR: expect.stringMatching(/^warning: other users .* chmod 700/),
      secret: expect.stringMatching(/^problem: others can read .*chmod 600/),
    });
    chmodSync(join(folder, 'secret'), 0o600);
    chmodSync(folder, 0o700);
  });

  test('without a database, or that is missing, is a problem', async () => {
    const empty = temporaryDirectory();
    expect((await onServer({ DATA_DIR: empty })).database).toMatch(
      /^problem: no database at .*or start the server/,
    );
    expect((await onServer({ DATA_DIR: join(empty, 'missing') })).DATA_DIR).toMatch(
      /^problem: .*does not exist/,
    );
    expect(readdirSync(empty)).toEqual([]);
  });

  test('with a database of an earlier version is a problem, and it is not migrated', async () => {
    const file = olderDatabase('0003_reserved_storage', () => undefined);
    const before = readFileSync(file);
    chmodSync(dirname(file), 0o700);
    const { database } = await onServer({ DATA_DIR: dirname(file), SECRET: secret });
    expect(database).toMatch(/^problem: .*has the schema of an earlier version: back it up/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('without the secret or the blobs of its database is a problem, and they are not created', async () => {
    const folder = temporaryDirectory();
    await mayflyOutput(folder, ['keys', 'create', '--kind', 'payload', '--account', 'acme']);
    expect(readdirSync(folder).sort()).toEqual(['blobs', 'mayfly.db', 'secret']);
    const database = readFileSync(join(folder, 'mayfly.db'));
    expect(await onServer({ DATA_DIR: relative('', folder) })).toMatchObject({
      DATA_DIR: expect.stringContaining(`"${folder}" is writable`),
      secret: expect.stringContaining(`"${join(folder, 'secret')}"`),
      database: expect.stringMatching(
        new RegExp(`^ok: "${join(folder, 'mayfly.db')}" can be opened .*mayfly check`),
      ),
      blobs: `ok: "${join(folder, 'blobs')}" can be used`,
    });
    expect(readFileSync(join(folder, 'mayfly.db')).equals(database)).toBe(true);
    rmSync(join(folder, 'secret'));
    const withoutSecret = await onServer({ DATA_DIR: folder });
    expect(withoutSecret.secret).toMatch(
      /^problem: .*secret" is missing, and there is a database: restore it from a backup, or set SECRET/,
    );
    expect(withoutSecret.database).toMatch(/^ok/);
    rmSync(join(folder, 'blobs'), { recursive: true });
    expect((await onServer({ DATA_DIR: folder })).blobs).toMatch(
      /^problem: no folder .*blobs" beside the database: restore it/,
    );
    expect(readdirSync(folder)).toEqual(['mayfly.db']);
  });

  test('that is full is a problem', async () => {
    const found = await onServer({ DATA_DIR: mayfly.dataDir, MIN_FREE_SPACE: '1000TiB' });
    expect(found.DATA_DIR).toMatch(/^problem: .*less than MIN_FREE_SPACE/);
  });
});
