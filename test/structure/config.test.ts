import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type Config, readConfig, SettingError, settings } from '../../src/config/index.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(30_000);

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const day = 86_400_000;

type Row = {
  key: keyof Config;
  /** What it is when unset. */
  unset: unknown;
  given: string;
  read: unknown;
  bad: string[];
};

/** Every setting: its default as documented, a value and what it means, and values that must stop the start. */
const table: Record<string, Row> = {
  HOST: { key: 'host', unset: '0.0.0.0', given: '::1', read: '::1', bad: [] },
  PORT: { key: 'port', unset: 8080, given: '0', read: 0, bad: ['abc', '65536', '-1', '80.5', '8080/tcp'] },
  PUBLIC_URL: {
    key: 'publicUrl',
    unset: undefined,
    given: 'https://drop.example/',
    read: 'https://drop.example',
    bad: ['drop.example', 'ftp://drop.example', 'javascript:alert(1)'],
  },
  DATA_DIR: {
    key: 'dataDirectory',
    unset: './data',
    given: '/var/lib/mayfly',
    read: '/var/lib/mayfly',
    bad: [],
  },
  DATABASE_URL: {
    key: 'databaseUrl',
    unset: undefined,
    given: 'sqlite:/var/lib/mayfly/db',
    read: '/var/lib/mayfly/db',
    bad: ['mysql://localhost/mayfly', 'sqlite:', '/var/lib/mayfly/db'],
  },
  REDIS_URL: {
    key: 'redisUrl',
    unset: undefined,
    given: 'redis://localhost:6379',
    read: 'redis://localhost:6379',
    bad: ['localhost:6379', 'http://localhost:6379'],
  },
  S3_ENDPOINT: {
    key: 's3Endpoint',
    unset: undefined,
    given: '',
    read: undefined,
    bad: ['s3.example', 's3://bucket'],
  },
  S3_REGION: { key: 's3Region', unset: 'us-east-1', given: 'eu-central-1', read: 'eu-central-1', bad: [] },
  S3_BUCKET: { key: 's3Bucket', unset: undefined, given: '', read: undefined, bad: [] },
  S3_ACCESS_KEY_ID: { key: 's3AccessKeyId', unset: undefined, given: '', read: undefined, bad: [] },
  S3_SECRET_ACCESS_KEY: { key: 's3SecretAccessKey', unset: undefined, given: '', read: undefined, bad: [] },
  INLINE_LIMIT: {
    key: 'inlineLimit',
    unset: 64 * kibibyte,
    given: '0',
    read: 0,
    bad: ['64KB', '-1', 'much'],
  },
  MAX_PAYLOAD_SIZE: {
    key: 'maxPayloadSize',
    unset: 10 * mebibyte,
    given: '1MiB',
    read: mebibyte,
    bad: ['1 MiB'],
  },
  MAX_ANONYMOUS_SIZE: {
    key: 'maxAnonymousSize',
    unset: 512 * mebibyte,
    given: '5GiB',
    read: 5120 * mebibyte,
    bad: ['5G'],
  },
  MAX_STORAGE: {
    key: 'maxStorage',
    unset: undefined,
    given: '1TiB',
    read: 1024 ** 4,
    bad: ['none', '1.5TiB'],
  },
  MIN_FREE_SPACE: { key: 'minFreeSpace', unset: 256 * mebibyte, given: '0', read: 0, bad: ['10%'] },
  DEFAULT_TTL: { key: 'defaultTtl', unset: 7 * day, given: '10m', read: 600_000, bad: ['0', 'never', '1w'] },
  MAX_TTL: { key: 'maxTtl', unset: 365 * day, given: '30d', read: 30 * day, bad: ['0', '1y', '6d'] },
  SWEEP_CRON: {
    key: 'sweepCron',
    unset: '*/30 * * * * *',
    given: '0 * * * * *',
    read: '0 * * * * *',
    bad: ['often', '99 * * * * *'],
  },
  UPLOAD_LEASE: { key: 'uploadLease', unset: 60_000, given: '2m', read: 120_000, bad: ['0', 'long'] },
  RATE_LIMIT: { key: 'rateLimit', unset: 100, given: '0', read: 0, bad: ['-1', '1.5', 'off'] },
  RATE_LIMIT_WINDOW: {
    key: 'rateLimitWindow',
    unset: 60_000,
    given: '1h',
    read: 3_600_000,
    bad: ['0', '1 min'],
  },
  TRUSTED_PROXIES: {
    key: 'trustedProxies',
    unset: [],
    given: ' , ',
    read: [],
    bad: ['10.0.0.0/33', 'proxy', '10.0.0.1 10.0.0.2'],
  },
  METRICS_TOKEN: { key: 'metricsToken', unset: undefined, given: 'token', read: 'token', bad: [] },
  LOG_LEVEL: {
    key: 'logLevel',
    unset: 'info',
    given: 'debug',
    read: 'debug',
    bad: ['verbose', 'INFO', 'in\nfo'],
  },
};

const names = Object.keys(table);
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
  test('are the ones tested here', () => {
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

  test.each(names)('%s unset is as documented, and set empty the same', (name) => {
    const row = table[name];
    if (row === undefined) throw new Error('no such row');
    expect(readConfig({})[row.key]).toEqual(row.unset as never);
    expect(readConfig({ [name]: '' })[row.key]).toEqual(row.unset as never);
    expect(readConfig({ [name]: '  ' })[row.key]).toEqual(row.unset as never);
  });

  test.each(names)('%s is read', (name) => {
    const row = table[name];
    if (row === undefined) throw new Error('no such row');
    expect(readConfig({ [name]: row.given })[row.key]).toEqual(row.read as never);
  });

  test.each(names.flatMap((name) => table[name]?.bad.map((value) => [name, value] as const) ?? []))(
    '%s does not take %p, and says so in one line that names it',
    (name, value) => {
      const message = refusalOf({ [name]: value });
      expect(message).toContain(name);
      expect(message).not.toContain('\n');
    },
  );

  test('of trusted proxies are ranges', () => {
    const { trustedProxies } = readConfig({ TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32,192.0.2.1' });
    expect(trustedProxies.map(([address, bits]) => `${address}/${bits}`)).toEqual([
      '10.0.0.0/8',
      '2001:db8::/32',
      '192.0.2.1/32',
    ]);
  });

  test('of times to live go together', () => {
    expect(refusalOf({ DEFAULT_TTL: '8d', MAX_TTL: '7d' })).toContain('DEFAULT_TTL');
    expect(readConfig({ DEFAULT_TTL: '7d', MAX_TTL: '7d' }).defaultTtl).toBe(7 * day);
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

  test.each(Object.keys(s3))('are refused without %s, which is named, and the secret is not', (name) => {
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
  ])('ends with 1 and one line about %s', async (name, environment) => {
    const start = startProcess(process.execPath, ['--no-env-file', 'src/main.ts', 'serve'], {
      cwd: checkout,
      env: { PATH: process.env.PATH, DATA_DIR: temporaryDirectory('data'), ...environment },
    });
    expect(await start.exited).toBe(1);
    const lines = start.output().trimEnd().split('\n');
    expect(lines).toEqual([expect.stringContaining(name)]);
    expect(start.output()).not.toContain('hidden-secret');
  });

  test('writes that line to standard error, and nothing to standard output', async () => {
    const start = Bun.spawnSync([process.execPath, '--no-env-file', 'src/main.ts', 'serve'], {
      cwd: checkout,
      env: { PATH: process.env.PATH, PORT: 'abc', DATA_DIR: temporaryDirectory('data') },
    });
    expect(start.exitCode).toBe(1);
    expect(start.stdout.toString()).toBe('');
    expect(start.stderr.toString()).toBe('mayfly: PORT must be a port from 0 to 65535, but is "abc"\n');
  });
});
