import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { type Runtime, startMayfly } from '../support/mayfly-process.ts';
import {
  type PostgresServer,
  sharedPostgres,
  startPostgres,
  suiteWithPostgres,
} from '../support/postgres.ts';
import { sharedRedis } from '../support/redis.ts';
import { sharedS3 } from '../support/s3.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  localhostCertificate,
  localhostKey,
  otherAuthority,
  testAuthority,
} from '../support/test-authority.ts';

setDefaultTimeout(60_000);

const readyWithinMs = 45_000;
const folder = temporaryDirectory('authorities');
const authority = join(folder, 'authority.pem');
const other = join(folder, 'other.pem');
writeFileSync(authority, testAuthority);
writeFileSync(other, otherAuthority);

let postgres: PostgresServer;
let env: Record<string, string>;
let url: string;

/** The URL of the database at a host, with TLS. */
const urlAt = (host: string, rootCertificate?: string) =>
  `${url.replace('127.0.0.1', host)}?sslmode=verify-full${rootCertificate ? `&sslrootcert=${rootCertificate}` : ''}`;

/** Whether each connection of Mayfly to the database uses TLS. */
async function usesTls(): Promise<boolean[]> {
  const client = new pg.Client({ connectionString: postgres.adminUrl() });
  await client.connect();
  const { rows } = await client.query<{ ssl: boolean }>(
    "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'mayfly'",
  );
  await client.end();
  return rows.map(({ ssl }) => ssl);
}

/** The line on stderr with which a server refuses to start. */
async function refusal(runtime: Runtime, databaseUrl: string, exitCode = 1): Promise<string> {
  const settings = { ...env, DATABASE_URL: databaseUrl };
  if (runtime === 'bun') {
    const { code, stdout, stderr } = await mayflyCommand(folder, ['serve'], { PORT: '0', ...settings });
    expect([code, stdout]).toEqual([exitCode, '']);
    return stderr;
  }
  const started = startMayfly({ runtime, readyWithinMs, env: settings });
  const error = await started.then(
    (node) => node.stop(),
    (failure: Error) => failure,
  );
  const [, output = String(error)] = /ended before it was ready; it wrote:\n(.*)/s.exec(String(error)) ?? [];
  return output;
}

// Rules: docs/postgresql.md, "The URL".
await suiteWithPostgres('PostgreSQL with TLS', () => {
  beforeAll(async () => {
    const [s3, redis] = await Promise.all([sharedS3(), sharedRedis()]);
    postgres = await startPostgres({ tls: { certificate: localhostCertificate, key: localhostKey } });
    url = await postgres.createDatabase();
    env = { ...s3.env, REDIS_URL: redis.url, SECRET: randomBytes(16).toString('hex') };
  });
  afterAll(() => postgres.stop());

  describe.each<[Runtime]>([['bun'], ['deno']])('on %s', (runtime) => {
    test('serves a server whose certificate is of the authority in sslrootcert', async () => {
      const node = await startMayfly({
        runtime,
        readyWithinMs,
        env: { ...env, DATABASE_URL: urlAt('localhost', authority) },
      });
      const created = await fetch(`${node.url}/`, { method: 'PUT', body: 'over TLS' });
      const path = new URL((await created.text()).trim()).pathname.replace('/p/', '/raw/');
      expect(await (await fetch(node.url + path)).text()).toBe('over TLS');
      const connections = await usesTls();
      expect(connections.length).toBeGreaterThan(0);
      expect(connections).not.toContain(false);
      await node.stop();
    });

    test.each([
      ['of another authority', () => urlAt('localhost', other), 'check sslmode and sslrootcert'],
      ['of no public authority', () => urlAt('localhost'), 'check sslmode and sslrootcert'],
      ['for another host', () => urlAt('127.0.0.1', authority), 'check sslmode and sslrootcert'],
    ])('refuses to start if the certificate is %s', async (_, databaseUrl, advice) => {
      const line = await refusal(runtime, databaseUrl());
      expect(line).toMatch(/^mayfly: the database at "[^"]+" cannot be used: [^\n]+\n$/);
      expect(line).toContain(advice);
    });
  });

  test('a server without TLS is refused if the URL demands it', async () => {
    const plain = (await (await sharedPostgres()).createDatabase()).replace('127.0.0.1', 'localhost');
    const line = await refusal('bun', `${plain}?sslmode=verify-full`);
    expect(line).toMatch(
      /^mayfly: the database at "[^"]+" cannot be used: [^\n]*SSL[^\n]*; check sslmode[^\n]*\n$/,
    );
  });

  test('a connection without TLS to another machine is refused unless the URL says so', async () => {
    expect(await refusal('bun', 'postgres://mayfly@192.0.2.1/mayfly', 78)).toBe(
      'mayfly: DATABASE_URL must have sslmode=verify-full, or sslmode=disable for a connection without TLS\n',
    );
  });
}, ['versitygw', 'redis-server', 'deno']);
