import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { examineDeployment } from '../../../src/cli/operate/doctor/index.ts';
import { checkPresignedUpload } from '../../../src/cli/use/doctor/presigned.ts';
import { mayflyCommand, mayflyOutput } from '../../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../../support/mayfly-process.ts';
import { olderDatabase } from '../../support/older-database.ts';
import { freePort } from '../../support/ports.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { type S3Server, startS3 } from '../../support/s3.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { collected } from './findings.ts';

setDefaultTimeout(120_000);

const { signal } = new AbortController();
const secret = 'mBaSj4yB1mRzL0fOQ3qXk7uWcD2nVtGh';

/** What is found on the machine of a server with these settings. */
async function onServer(env: Record<string, string>): Promise<Record<string, string>> {
  const mask = process.umask();
  const upload = (probe: Parameters<typeof checkPresignedUpload>[0]) => checkPresignedUpload(probe, signal);
  const found = await collected(examineDeployment({ PUBLIC_URL: 'http://127.0.0.1', ...env }, upload));
  process.umask(mask);
  return found;
}

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
    expect((await onServer({ DATA_DIR: folder })).database).toMatch(/^ok/);
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

await suiteWithPostgres('PostgreSQL, Redis and S3', () => {
  let redis: RedisServer;
  let s3: S3Server;
  let env: Record<string, string>;
  beforeAll(async () => {
    const [database, ...stores] = await Promise.all([
      sharedPostgres().then((server) => server.createDatabase()),
      startRedis(),
      startS3(),
    ]);
    [redis, s3] = stores;
    env = {
      DATABASE_URL: database,
      REDIS_URL: redis.url,
      SECRET: secret,
      S3_ENDPOINT: s3.endpoint,
      S3_BUCKET: s3.bucket,
      S3_ACCESS_KEY_ID: s3.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    };
  });
  afterAll(async () => {
    await Promise.all([redis.stop(), s3.stop()]);
  });

  /** All that is in the database, except for the random words of newer versions of pg_dump. */
  const dump = async () => {
    const server = await sharedPostgres();
    const text = await server.run('pg_dump', ['--dbname', env.DATABASE_URL ?? '']);
    return text.replaceAll(/^\\(un)?restrict .*$/gm, '');
  };

  const blobs = () =>
    readdirSync(join(s3.dir, 'objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /blobs\/[0-9a-f]{32}$/.test(name),
    );

  test('with an empty database, or one from which a move arrived, are left as they are', async () => {
    const empty = await dump();
    expect((await onServer(env)).database).toMatch(/^problem: .* has no tables: run mayfly migrate/);
    const reading = await mayflyCommand('', ['keys', 'list'], env);
    expect([reading.code, reading.stderr]).toEqual([
      1,
      expect.stringMatching(/^mayfly: the database .* has no tables: run mayfly migrate\n$/),
    ]);
    expect(await dump()).toBe(empty);
    expect((await mayflyCommand('', ['migrate'], env)).code).toBe(0);
    const server = await sharedPostgres();
    const record = JSON.stringify({ id: 'a', state: 'arrived', runner: 'b', applied: 0 });
    const insertion = `INSERT INTO deployment (name, value) VALUES ('move', '${record}')`;
    await server.run('psql', ['--dbname', env.DATABASE_URL ?? '', '--command', insertion]);
    const before = await dump();
    expect(before).toContain(record);
    expect((await onServer(env)).database).toMatch(/^ok/);
    expect(await dump()).toBe(before);
  });

  test('without a CORS rule are well, except for the uploads of pages', async () => {
    const found = await onServer(env);
    expect(found).toMatchObject({
      database: expect.stringMatching(/^ok/),
      clock: expect.stringMatching(/^ok/),
      schema: expect.stringMatching(/^ok/),
      blobs: expect.stringMatching(/^ok/),
      redis: expect.stringMatching(/^ok/),
      objects: 'ok: one was written, read and removed',
      'presigned URL': expect.stringMatching(/^ok/),
      CORS: expect.stringMatching(/^problem: .*run mayfly cors/),
    });
    expect(blobs()).toEqual([]);
  });

  test('have nothing wrong after mayfly cors', async () => {
    expect((await mayflyCommand('', ['cors'], env)).code).toBe(0);
    const found = await onServer(env);
    expect(found.CORS).toBe('ok: pages of http://127.0.0.1 may upload');
    expect(Object.values(found).filter((each) => each.startsWith('problem'))).toEqual([]);
    expect(blobs()).toEqual([]);
    const client = new Redis(redis.url);
    const left = await Promise.all((await client.keys('*')).map((key) => client.pttl(key)));
    client.disconnect();
    // Redis removes the keys itself (docs/operations.md, "What is wrong").
    expect(left.filter((milliseconds) => milliseconds <= 0 || milliseconds > 60_000)).toEqual([]);
  });

  test('that are away are each reported, with the setting', async () => {
    const nowhere = await freePort();
    const found = await onServer({
      ...env,
      DATABASE_URL: `postgres://mayfly@127.0.0.1:${nowhere}/mayfly`,
      REDIS_URL: `redis://127.0.0.1:${nowhere}`,
      S3_ENDPOINT: `http://127.0.0.1:${nowhere}`,
    });
    expect(found).toMatchObject({
      database: expect.stringMatching(/^problem: .*check DATABASE_URL, and whether PostgreSQL runs/),
      redis: expect.stringMatching(/^problem: .*ECONNREFUSED.*check REDIS_URL/),
      blobs: expect.stringMatching(/^problem: .*ECONNREFUSED.*check S3_ENDPOINT/),
      objects: 'skipped: S3 must be usable first',
    });
  });

  test('that accept connections and never answer are each reported within seconds', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const place = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const found = await onServer({
      ...env,
      DATABASE_URL: `postgres://mayfly@${place}/mayfly`,
      REDIS_URL: `redis://${place}`,
      S3_ENDPOINT: `http://${place}`,
    });
    expect(found).toMatchObject({
      database: expect.stringMatching(/^problem: .*no answer within 5 s .*check DATABASE_URL/),
      redis: expect.stringMatching(/^problem: .*check REDIS_URL/),
      blobs: expect.stringMatching(/^problem: .*no answer within 2 s .*check S3_ENDPOINT/),
      objects: 'skipped: S3 must be usable first',
    });
    silent.close();
  });

  test('with other settings than the servers on the database are a problem', async () => {
    const server = await startMayfly({ env, clockless: true });
    await server.stop();
    expect((await onServer(env)).deployment).toMatch(/^ok/);
    expect((await onServer({ ...env, SECRET: `${secret}2` })).deployment).toMatch(
      /^problem: SECRET must be that of the other servers on this database; to change it, set SECRET_PREVIOUS/,
    );
    expect((await onServer({ ...env, SECRET: `${secret}2`, SECRET_PREVIOUS: secret })).deployment).toMatch(
      /^ok/,
    );
    expect((await onServer({ ...env, S3_BUCKET: 'other' })).deployment).toMatch(
      /^problem: S3_ENDPOINT and S3_BUCKET/,
    );
  });

  test('with a wrong key, or a public endpoint that nobody reaches, are reported', async () => {
    const [wrongKey, unreachable] = await Promise.all([
      onServer({ ...env, S3_SECRET_ACCESS_KEY: 'wrong' }),
      onServer({ ...env, S3_PUBLIC_ENDPOINT: 'http://s3.invalid' }),
    ]);
    expect(wrongKey.blobs).toMatch(/^problem: .*SignatureDoesNotMatch.*correct S3_SECRET_ACCESS_KEY/);
    expect(unreachable['presigned URL']).toMatch(/^problem: .*not found.*set S3_PUBLIC_ENDPOINT/);
    expect(blobs()).toEqual([]);
  });
}, ['redis-server', 'versitygw']);

await suiteWith(['faketime', 'versitygw'], 'a machine whose clock is an hour ahead', ({ faketime }) => {
  test('cannot write to S3, and the reason is the clock', async () => {
    const s3 = await startS3();
    const env = {
      PATH: process.env.PATH ?? '',
      DATA_DIR: temporaryDirectory(),
      S3_ENDPOINT: s3.endpoint,
      S3_BUCKET: s3.bucket,
      S3_ACCESS_KEY_ID: s3.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    };
    const command = [process.execPath, '--no-env-file', 'src/main.ts', 'doctor', '--server'];
    const child = Bun.spawn([faketime, '-f', '+1h', ...command], { env, stdout: 'pipe', stderr: 'pipe' });
    const [shown, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
    expect(shown).toMatch(/^problem +objects .*the clock of this machine differs from the one of the store/m);
    expect(code).toBe(1);
    await s3.stop();
  });
});
