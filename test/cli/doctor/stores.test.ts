import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { mayflyCommand, mayflyOutput } from '../../support/mayfly-command.ts';
import { startMayfly } from '../../support/mayfly-process.ts';
import { freePort } from '../../support/ports.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { type S3Server, startS3 } from '../../support/s3.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { onServer, secret } from './findings.ts';

setDefaultTimeout(120_000);

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
    await mayflyOutput('', ['migrate'], env);
  });
  afterAll(async () => {
    await Promise.all([redis.stop(), s3.stop()]);
  });

  const blobs = () =>
    readdirSync(join(s3.dir, 'objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /blobs\/[0-9a-f]{32}$/.test(name),
    );

  test('with an empty database, or one from which a move arrived, are left as they are', async () => {
    const server = await sharedPostgres();
    const DATABASE_URL = await server.createDatabase();
    const own = { ...env, DATABASE_URL };
    /** All that is in the database, except for the random words of newer versions of pg_dump. */
    const dump = async () =>
      (await server.run('pg_dump', ['--dbname', DATABASE_URL])).replaceAll(/^\\(un)?restrict .*$/gm, '');
    const empty = await dump();
    expect((await onServer(own)).database).toMatch(/^problem: .* has no tables: run mayfly migrate/);
    const reading = await mayflyCommand('', ['keys', 'list'], own);
    expect([reading.code, reading.stderr]).toEqual([
      1,
      expect.stringMatching(/^mayfly: the database .* has no tables: run mayfly migrate\n$/),
    ]);
    expect(await dump()).toBe(empty);
    expect((await mayflyCommand('', ['migrate'], own)).code).toBe(0);
    const record = JSON.stringify({ id: 'a', state: 'arrived', runner: 'b', applied: 0 });
    const insertion = `INSERT INTO deployment (name, value) VALUES ('move', '${record}')`;
    await server.run('psql', ['--dbname', DATABASE_URL, '--command', insertion]);
    const before = await dump();
    expect(before).toContain(record);
    expect((await onServer(own)).database).toMatch(/^ok/);
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
