import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayflyCommand, mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { freePort } from '../support/ports.ts';
import { sharedPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { sharedS3 } from '../support/s3.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(60_000);

let redis: RedisServer;
let env: Record<string, string>;
const nodes: MayflyProcess[] = [];
/** A folder that must stay empty: nothing is stored on the machine. */
const dataDir = join(temporaryDirectory('nothing'), 'data');

async function start(runtime: 'bun' | 'deno', more: Record<string, string> = {}): Promise<MayflyProcess> {
  const node = await startMayfly({ runtime, dataDir, env: { ...env, ...more } });
  nodes.push(node);
  return node;
}

/** A start that must fail. @returns Its one line. */
async function refusal(more: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await mayflyCommand(dataDir, ['serve'], { PORT: '0', ...env, ...more });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
  return stderr;
}

// Rules: docs/postgresql.md, "Set up".
await suiteWithPostgres('with PostgreSQL', () => {
  beforeAll(async () => {
    const [postgres, s3] = await Promise.all([sharedPostgres(), sharedS3()]);
    redis = await startRedis();
    const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
    env = {
      DATABASE_URL: await postgres.createDatabase(),
      REDIS_URL: redis.url,
      SECRET: randomBytes(16).toString('hex'),
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    };
  });

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await redis.stop();
  });

  test('a server fills an empty database, and other servers serve the same data', async () => {
    const first = await start('bun');
    expect(first.logs()).toContain('created a new database');
    const created = await fetch(`${first.url}/`, { method: 'PUT', body: 'shared' });
    const path = new URL((await created.text()).trim()).pathname;
    for (const node of [first, await start('bun'), await start('deno')]) {
      expect(await (await fetch(node.url + path.replace('/p/', '/raw/'))).text()).toBe('shared');
      const { stores } = (await (await fetch(`${node.url}/readyz`)).json()) as { stores: object };
      expect(stores).toEqual({ database: 'ok', clock: 'ok', schema: 'ok', blobs: 'ok', redis: 'ok' });
    }
    expect(existsSync(dataDir)).toBe(false);
  });

  test('while Redis is away, a server is degraded and allows its share of a rate limit', async () => {
    const own = await startRedis();
    const limits = { REDIS_URL: own.url, RATE_LIMIT: '10', LIMIT_NODES: '4' };
    const node = await start('bun', limits);
    const readiness = async () => {
      const answer = await fetch(`${node.url}/readyz`);
      const { status, stores } = (await answer.json()) as { status: string; stores: { redis: string } };
      return [answer.status, status, stores.redis];
    };
    expect(await readiness()).toEqual([200, 'ready', 'ok']);
    await own.kill();
    expect(await readiness()).toEqual([200, 'degraded', 'away']);
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await fetch(`${node.url}/`)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    await own.stop();
  });

  test('the commands work from any machine', async () => {
    await mayflyOutput(dataDir, ['migrate'], env);
    expect(
      await mayflyOutput(dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'acme'], env),
    ).toMatch(/^sk_live_[\w-]+$/);
    expect(await mayflyOutput(dataDir, ['accounts', 'list'], env)).toContain('acme');
    await mayflyOutput(dataDir, ['ban', '192.0.2.1'], env);
    expect(await mayflyOutput(dataDir, ['bans'], env)).toContain('192.0.2.1');
    expect(JSON.parse(await mayflyOutput(dataDir, ['sweep'], env))).toMatchObject({ failures: 0 });
    expect(JSON.parse(await mayflyOutput(dataDir, ['check'], env))).toMatchObject({
      missing: [],
      wrongUsage: [],
    });
    expect(existsSync(dataDir)).toBe(false);
  });

  test.each(['nothing', '0'.repeat(31), '{0000}', 'A'.repeat(32), '0b1f6d2c-9a3e-4857-8c6e-5a4b3c2d1f00'])(
    'a takedown of /p/%s, which cannot be the id of a payload, finds nothing',
    async (id) => {
      const { code, stderr } = await mayflyCommand(dataDir, ['remove', `/p/${id}`], env);
      expect([code, stderr]).toEqual([1, `mayfly: /p/${id}: Payload not found or expired\n`]);
    },
  );

  test('commands use the URL without a pooler', async () => {
    const port = await freePort();
    const { pathname } = new URL(env.DATABASE_URL ?? '');
    const pooler = { DATABASE_URL: `postgres://mayfly@127.0.0.1:${port}${pathname}` };
    const direct = { DATABASE_DIRECT_URL: env.DATABASE_URL ?? '' };
    expect(await mayflyOutput(dataDir, ['accounts', 'list'], { ...env, ...pooler, ...direct })).toContain(
      'acme',
    );
    expect(await refusal(pooler)).toMatch(/the database at "127.0.0.1:\d+\/test_\d+" cannot be used/);
  });

  test('a host that does not answer is skipped', async () => {
    const several = (env.DATABASE_URL ?? '').replace('@', `@127.0.0.1:${await freePort()},`);
    expect(await mayflyOutput(dataDir, ['accounts', 'list'], { ...env, DATABASE_URL: several })).toContain(
      'acme',
    );
  });

  test('the URL can be in a file', async () => {
    const file = join(temporaryDirectory('secrets'), 'database-url');
    writeFileSync(file, `${env.DATABASE_URL}\n`);
    const { DATABASE_URL, ...others } = env;
    expect(
      await mayflyOutput(dataDir, ['accounts', 'list'], { ...others, DATABASE_URL_FILE: file }),
    ).toContain('acme');
  });

  test('a server with another secret or blob store does not start', async () => {
    const secret = randomBytes(16).toString('hex');
    expect(await refusal({ SECRET: secret })).toContain('SECRET');
    expect(await refusal({ S3_BUCKET: 'another' })).toContain('S3_BUCKET');
    const changed = await start('bun', { SECRET: secret, SECRET_PREVIOUS: env.SECRET ?? '' });
    expect(changed.logs()).toContain('SECRET has changed');
    // From here on the new secret is that of the other servers.
    expect(await refusal({})).toContain('SECRET');
  });

  test('a wrong database is reported in one line, without the password', async () => {
    const { host } = new URL(env.DATABASE_URL ?? '');
    const line = await refusal({ DATABASE_URL: `postgres://mayfly:hidden@${host}/missing` });
    expect(line).toMatch(/"127.0.0.1:\d+\/missing".*\(3D000\); create the database/);
    expect(line).not.toContain('hidden');
  });
}, ['versitygw', 'redis-server', 'deno']);
