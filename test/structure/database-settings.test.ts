import { describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig, SettingError } from '../../src/config/index.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const url = 'postgres://mayfly:hidden@db.example/mayfly?sslmode=verify-full';

/** Everything that a database server needs. */
const complete = {
  DATABASE_URL: url,
  SECRET: 'sixteen letters!',
  REDIS_URL: 'redis://localhost:6379',
  S3_ENDPOINT: 'http://localhost:7070',
  S3_BUCKET: 'bucket',
  S3_ACCESS_KEY_ID: 'key',
  S3_SECRET_ACCESS_KEY: 'secret',
};

function databaseOf(environment: Record<string, string>) {
  const { database } = readConfig({ ...complete, ...environment });
  if (database.kind !== 'server') throw new Error('it is a file');
  return { where: database.where, url: database.url(), directUrl: database.directUrl() };
}

function refusalOf(environment: Record<string, string>): string {
  try {
    readConfig({ ...complete, ...environment });
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
  throw new Error(`it was taken: ${JSON.stringify(environment)}`);
}

// Rules: docs/postgresql.md, "The URL".
describe('the URL of a database server', () => {
  test.each([
    [url, 'db.example/mayfly'],
    ['postgresql://mayfly@db.example:6432/mayfly?sslmode=disable', 'db.example:6432/mayfly'],
    ['postgres://mayfly@localhost/mayfly', 'localhost/mayfly'],
    ['postgres://mayfly@127.0.0.1:5433/mayfly', '127.0.0.1:5433/mayfly'],
    ['postgres://mayfly@[::1]/mayfly', '[::1]/mayfly'],
    ['postgres://mayfly@/mayfly?host=/run/postgresql', '/run/postgresql/mayfly'],
    [
      'postgres://m%40y:p%2Fw@a.example:5432,b.example/my%20fly?sslmode=verify-full',
      'a.example:5432,b.example/my fly',
    ],
    [`${url}&sslrootcert=/etc/ca.pem`, 'db.example/mayfly'],
  ])('may be %s', (given, where) => {
    expect(databaseOf({ DATABASE_URL: given })).toEqual({ where, url: given, directUrl: given });
  });

  test.each([
    // Which server answers would not be checked.
    'postgres://mayfly:hidden@db.example/mayfly',
    'postgres://mayfly:hidden@localhost,db.example/mayfly',
    ...['require', 'prefer', 'allow', 'verify-ca', 'no-verify'].map(
      (mode) => `postgres://mayfly:hidden@db.example/mayfly?sslmode=${mode}`,
    ),
    'postgres://mayfly:hidden@db.example/mayfly?sslmode=verify-full&sslmode=disable',
    'postgres://mayfly:hidden@/mayfly?host=/run/postgresql&host=db.example',
    'postgres://mayfly:hidden@/mayfly',
    'postgres://mayfly:hidden@localhost,/mayfly',
    // The driver would ignore the parameter.
    'postgres://mayfly:hidden@localhost/mayfly?target_session_attrs=any',
    // No user, no database, no number.
    'postgres://db.example/mayfly?sslmode=disable',
    'postgres://mayfly:hidden@localhost',
    'postgres://mayfly:hidden@localhost/',
    'postgres://mayfly:hidden@localhost:port/mayfly',
    'postgres://mayfly:hidden@localhost/mayfly?host=db.example',
  ])('may not be %s', (given) => {
    expect(refusalOf({ DATABASE_URL: given })).toMatch(/^DATABASE_URL (?!.*hidden)/);
  });

  test('without a pooler names the same user and database', () => {
    const DATABASE_DIRECT_URL = 'postgres://mayfly@localhost:5433/mayfly';
    expect(databaseOf({ DATABASE_DIRECT_URL })).toMatchObject({ url, directUrl: DATABASE_DIRECT_URL });
    for (const other of ['postgres://other@localhost/mayfly', 'postgres://mayfly@localhost/other'])
      expect(refusalOf({ DATABASE_DIRECT_URL: other })).toContain('DATABASE_DIRECT_URL');
  });
});

describe('a database server', () => {
  test('needs S3, SECRET and Redis: one line names all that is missing', () => {
    const { SECRET, REDIS_URL } = complete;
    expect(
      refusalOf({
        S3_ENDPOINT: '',
        S3_BUCKET: '',
        S3_ACCESS_KEY_ID: '',
        S3_SECRET_ACCESS_KEY: '',
        SECRET: '',
        REDIS_URL: '',
      }),
    ).toMatch(/S3_ENDPOINT and SECRET and REDIS_URL$/);
    expect(refusalOf({ SECRET: '' })).toMatch(/needs SECRET$/);
    expect(databaseOf({ SECRET, REDIS_URL }).where).toBe('db.example/mayfly');
  });

  test('limits MAX_TTL to 392 days', () => {
    expect(databaseOf({ MAX_TTL: '392d' }).where).toBe('db.example/mayfly');
    expect(refusalOf({ MAX_TTL: '393d' })).toContain('MAX_TTL');
  });
});

describe('a secret', () => {
  test.each([
    'SECRET',
    'SECRET_PREVIOUS',
    'DATABASE_URL',
    'DATABASE_DIRECT_URL',
    'REDIS_URL',
    'S3_ACCESS_KEY_ID',
    'S3_SECRET_ACCESS_KEY',
    'METRICS_TOKEN',
  ] as const)('%s can be in a file, or in the environment, but not in both', (name) => {
    const values: Record<string, string> = {
      ...complete,
      SECRET_PREVIOUS: 'sixteen letters?',
      DATABASE_DIRECT_URL: url,
      METRICS_TOKEN: 'token',
    };
    const file = join(temporaryDirectory('secrets'), name);
    writeFileSync(file, `${values[name]}\n`);
    const given = readConfig(values);
    const { [name]: _, ...others } = values;
    expect(JSON.stringify(readConfig({ ...others, [`${name}_FILE`]: file }))).toBe(JSON.stringify(given));
    expect(refusalOf({ ...values, [`${name}_FILE`]: file })).toContain(`${name}_FILE`);
  });

  test('in a file that cannot be read is reported with the name of the setting and the file', () => {
    expect(refusalOf({ SECRET: '', SECRET_FILE: '/missing' })).toMatch(/SECRET_FILE.*"\/missing".*ENOENT/);
  });

  test('is read again for a new connection; a file that is away changes nothing', () => {
    const file = join(temporaryDirectory('secrets'), 'database-url');
    writeFileSync(file, url);
    const { DATABASE_URL, ...others } = complete;
    const { database } = readConfig({ ...others, DATABASE_URL_FILE: file });
    if (database.kind !== 'server') throw new Error('it is a file');
    writeFileSync(file, url.replace('hidden', 'rotated'));
    expect(database.url()).toBe(url.replace('hidden', 'rotated'));
    writeFileSync(file, '');
    expect(database.url()).toBe(url);
  });
});

test('a setting that is not a secret cannot be in a file', () => {
  const file = join(temporaryDirectory('secrets'), 'port');
  writeFileSync(file, '1');
  expect(readConfig({ PORT_FILE: file }).port).toBe(8080);
});
