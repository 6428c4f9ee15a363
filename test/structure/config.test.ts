import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readConfig, SettingError, settings } from '../../src/config/index.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { documentedSettings } from './documented-settings.ts';

setDefaultTimeout(30_000);

const day = 86_400_000;
const names = Object.keys(documentedSettings);
const s3 = {
  S3_ENDPOINT: 'http://localhost:7070',
  S3_BUCKET: 'bucket',
  S3_ACCESS_KEY_ID: 'key',
  S3_SECRET_ACCESS_KEY: 'hidden-secret',
};

function refusalOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
  throw new Error(`it was taken: ${JSON.stringify(environment)}`);
}

describe('settings', () => {
  test('each have a row in test/structure/documented-settings.ts, and no other has', () => {
    expect(
      Object.values(settings)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(names.toSorted());
  });

  test('are described, each in a sentence', () => {
    for (const { name, description } of Object.values(settings))
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)]);
  });

  test.each(names)('%s has its documented default if it is unset or empty', (name) => {
    const row = documentedSettings[name];
    if (row === undefined) throw new Error('no such row');
    expect(readConfig({})[row.key]).toEqual(row.unset as never);
    expect(readConfig({ [name]: '' })[row.key]).toEqual(row.unset as never);
    expect(readConfig({ [name]: '  ' })[row.key]).toEqual(row.unset as never);
  });

  test.each(names)('%s is parsed', (name) => {
    const row = documentedSettings[name];
    if (row === undefined) throw new Error('no such row');
    expect(readConfig({ [name]: row.given })[row.key]).toEqual(row.read as never);
  });

  test.each(
    names.flatMap((name) => documentedSettings[name]?.bad.map((value) => [name, value] as const) ?? []),
  )('%s rejects %p with one line that names it', (name, value) => {
    const message = refusalOf({ [name]: value });
    expect(message).toContain(name);
    expect(message).not.toContain('\n');
  });

  test.each([
    ['TRUSTED_PROXIES', 'trustedProxies'],
    ['BANNED_IPS', 'bannedAddresses'],
  ] as const)('%s are ranges', (name, key) => {
    const ranges = readConfig({ [name]: '10.0.0.0/8, 2001:db8::/32,192.0.2.1' })[key];
    expect(ranges.map(([address, bits]) => `${address}/${bits}`)).toEqual([
      '10.0.0.0/8',
      '2001:db8::/32',
      '192.0.2.1/32',
    ]);
  });

  test.each([
    ['https://example.org/paste/', 'https://example.org/paste'],
    ['https://example.org/a.b/c_d', 'https://example.org/a.b/c_d'],
    ['http://localhost:8080/', 'http://localhost:8080'],
  ])('PUBLIC_URL may be %s', (given, read) => {
    expect(readConfig({ PUBLIC_URL: given }).publicUrl).toBe(read);
  });

  test.each([
    'https://example.org/api',
    'https://example.org/f/x',
    'https://example.org/docs/',
    'https://example.org/a b',
    'https://example.org/a%2Fb',
    'https://example.org/a//b',
    'https://example.org/?a=b',
    'https://example.org/#a',
    'https://user@example.org/',
  ])('PUBLIC_URL may not be %s', (given) => {
    expect(refusalOf({ PUBLIC_URL: given })).toContain('PUBLIC_URL');
  });

  test('of TTLs are consistent', () => {
    expect(refusalOf({ DEFAULT_TTL: '8d', MAX_TTL: '7d' })).toContain('DEFAULT_TTL');
    expect(readConfig({ DEFAULT_TTL: '7d', MAX_TTL: '7d' }).defaultTtl).toBe(7 * day);
  });
});

describe('the budget of anonymous callers', () => {
  test('may be off, zero, or at most the total of all stored content', () => {
    expect(readConfig({ ANONYMOUS_STORAGE: 'none' }).anonymousStorage).toBe('none');
    expect(readConfig({ ANONYMOUS_STORAGE: '0' }).anonymousStorage).toBe(0);
    expect(readConfig({ ANONYMOUS_STORAGE: '1GiB', MAX_STORAGE: '1GiB' }).anonymousStorage).toBe(1024 ** 3);
    expect(refusalOf({ ANONYMOUS_STORAGE: '2GiB', MAX_STORAGE: '1GiB' })).toContain('ANONYMOUS_STORAGE');
  });
});

describe('settings of S3', () => {
  test('are read together', () => {
    expect(readConfig({ ...s3, S3_REGION: 'eu-west-1' }).s3).toEqual({
      endpoint: 'http://localhost:7070',
      region: 'eu-west-1',
      bucket: 'bucket',
      accessKeyId: 'key',
      secretAccessKey: 'hidden-secret',
    });
    expect(readConfig({}).s3).toBeUndefined();
  });

  test('have a public endpoint if one is given, and only with S3', () => {
    const publicEndpoint = { S3_PUBLIC_ENDPOINT: 'https://s3.example/' };
    expect(readConfig({ ...s3, ...publicEndpoint }).s3?.publicEndpoint).toBe('https://s3.example');
    expect(readConfig(s3).s3?.publicEndpoint).toBeUndefined();
    expect(refusalOf(publicEndpoint)).toContain('S3_ENDPOINT');
  });

  test.each(Object.keys(s3))('are rejected without %s; the error names it, and not the secret', (name) => {
    const message = refusalOf({ ...s3, [name]: '' });
    expect(message).toContain(name);
    expect(message).not.toContain('hidden-secret');
  });
});

describe('secrets', () => {
  test.each([
    ['REDIS_URL', 'http://user:hidden-secret@redis.example:6379'],
    ['REDIS_URL', 'redis//user:hidden-secret@redis.example:6379'],
    ['DATABASE_URL', 'postgres://user:hidden-secret@db.example/mayfly'],
    ['S3_ENDPOINT', 'user:hidden-secret@s3.example'],
    ['PUBLIC_URL', 'ftp://user:hidden-secret@drop.example'],
    ['S3_PUBLIC_ENDPOINT', 'user:hidden-secret@s3.example'],
    ['CDN_URL', 'ftp://user:hidden-secret@cdn.example'],
    ['SECRET', 'hidden-secret'],
  ])('in %s are not repeated', (name, value) => {
    const message = refusalOf({ [name]: value });
    expect(message).toContain(name);
    expect(message).not.toContain('hidden-secret');
  });
});

describe('a start with bad settings', () => {
  test.each([
    ['PORT', { PORT: 'abc' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'all\nof it' }],
    ['S3_BUCKET', { ...s3, S3_BUCKET: '' }],
    ['REDIS_URL', { REDIS_URL: 'http://:hidden-secret@redis.example' }],
  ])('ends with 78 and one line about %s', async (name, environment) => {
    const start = startProcess(process.execPath, ['--no-env-file', 'src/main.ts', 'serve'], {
      cwd: checkout,
      env: { PATH: process.env.PATH, DATA_DIR: temporaryDirectory('data'), ...environment },
    });
    expect(await start.exited).toBe(78);
    const lines = start.output().trimEnd().split('\n');
    expect(lines).toEqual([expect.stringContaining(name)]);
    expect(start.output()).not.toContain('hidden-secret');
  });

  test('writes that line to standard error, and nothing to standard output', async () => {
    const start = Bun.spawnSync([process.execPath, '--no-env-file', 'src/main.ts', 'serve'], {
      cwd: checkout,
      env: { PATH: process.env.PATH, PORT: 'abc', DATA_DIR: temporaryDirectory('data') },
    });
    expect(start.exitCode).toBe(78);
    expect(start.stdout.toString()).toBe('');
    expect(start.stderr.toString()).toBe('mayfly: PORT must be a port from 0 to 65535, but is "abc"\n');
  });
});

test('the description of MIN_FREE_SPACE names its minimum', () => {
  expect(settings.minFreeSpace.description).toContain('At least 4MiB stay free, whatever is set');
});
