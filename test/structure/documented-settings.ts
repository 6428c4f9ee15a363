import type { Config } from '../../src/config/index.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const day = 86_400_000;

type Row = {
  key: keyof Config;
  /** Its value if it is unset. */
  unset: unknown;
  given: string;
  read: unknown;
  bad: string[];
};

/** Every setting: its documented default, a value with its meaning, and values that must stop the start. */
export const documentedSettings: Record<string, Row> = {
  HOST: { key: 'host', unset: '0.0.0.0', given: '::1', read: '::1', bad: [] },
  PORT: { key: 'port', unset: 8080, given: '0', read: 0, bad: ['abc', '65536', '-1', '80.5', '8080/tcp'] },
  PUBLIC_URL: {
    key: 'publicUrl',
    unset: undefined,
    given: 'https://drop.example/',
    read: 'https://drop.example',
    bad: ['drop.example', 'ftp://drop.example', 'javascript:alert(1)'],
  },
  CDN_URL: {
    key: 'cdnUrl',
    unset: undefined,
    given: 'https://cdn.example/',
    read: 'https://cdn.example',
    bad: ['cdn.example', 'ftp://cdn.example'],
  },
  SECRET: {
    key: 'secret',
    unset: undefined,
    given: 'sixteen letters!',
    read: 'sixteen letters!',
    bad: ['fifteen letters', 'x'],
  },
  SECRET_PREVIOUS: {
    key: 'secretPrevious',
    unset: undefined,
    given: 'sixteen letters?',
    read: 'sixteen letters?',
    bad: ['fifteen letters', 'x'],
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
    read: { kind: 'file', file: '/var/lib/mayfly/db' },
    bad: ['mysql://localhost/mayfly', 'sqlite:', '/var/lib/mayfly/db', 'postgres://mayfly@db.example/mayfly'],
  },
  DATABASE_DIRECT_URL: {
    key: 'databaseDirectUrl',
    unset: undefined,
    given: '',
    read: undefined,
    // Only with a postgres:// DATABASE_URL.
    bad: ['sqlite:/var/lib/mayfly/db', 'postgres://mayfly@localhost/mayfly'],
  },
  // Only with a postgres:// DATABASE_URL.
  WORKERS: { key: 'workers', unset: 1, given: '1', read: 1, bad: ['0', '-1', 'auto', '2'] },
  DATABASE_POOL: { key: 'databasePool', unset: 8, given: '20', read: 20, bad: ['0', '-1', 'many'] },
  DATABASE_PREPARE: { key: 'databasePrepare', unset: true, given: 'false', read: false, bad: ['no', '0'] },
  // Only with a postgres:// DATABASE_URL.
  DATABASE_HA: { key: 'databaseHa', unset: false, given: 'false', read: false, bad: ['yes', '1', 'true'] },
  DATABASE_ENGINE: {
    key: 'databaseEngine',
    unset: undefined,
    given: 'untested',
    read: 'untested',
    bad: ['postgres', 'cockroachdb'],
  },
  EMPTY_SLOTS: {
    key: 'emptySlots',
    unset: undefined,
    given: 'delete',
    read: 'delete',
    bad: ['drop', 'TRUNCATE'],
  },
  CACHE_SECONDS: { key: 'cacheSeconds', unset: 1, given: '10', read: 10, bad: ['-1', '1s', '0.5', '11'] },
  REDIS_URL: {
    key: 'redisUrl',
    unset: undefined,
    given: 'redis://localhost:6379',
    read: 'redis://localhost:6379',
    bad: ['localhost:6379', 'http://localhost:6379', 'redis+sentinel://localhost', 'redis://one,two'],
  },
  LIMIT_NODES: { key: 'limitNodes', unset: 3, given: '1', read: 1, bad: ['0', '-1', '1.5', 'many'] },
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
  S3_PUBLIC_ENDPOINT: {
    key: 's3PublicEndpoint',
    unset: undefined,
    given: '',
    read: undefined,
    bad: ['s3.example', 's3://bucket'],
  },
  INLINE_LIMIT: {
    key: 'inlineLimit',
    unset: 64 * kibibyte,
    given: '0',
    read: 0,
    bad: ['64kb', '-1', 'much'],
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
  MAX_OBJECT_SIZE: {
    key: 'maxObjectSize',
    unset: 5120 * mebibyte,
    given: '100MiB',
    read: 100 * mebibyte,
    bad: ['5G', 'none'],
  },
  MAX_BODY_MEMORY: {
    key: 'maxBodyMemory',
    unset: 128 * mebibyte,
    given: '1GiB',
    read: 1024 * mebibyte,
    // Four times 20 MiB and 64 KiB, the largest JSON body by default, are just over 80 MiB.
    bad: ['80MiB', 'much'],
  },
  MAX_UPLOADS_PER_CLIENT: {
    key: 'maxUploadsPerClient',
    unset: 32,
    given: '0',
    read: 0,
    bad: ['-1', 'all'],
  },
  MAX_STORAGE: {
    key: 'maxStorage',
    unset: undefined,
    given: '1TiB',
    read: 1024 ** 4,
    bad: ['none', '1.5TiB'],
  },
  ANONYMOUS_STORAGE: {
    key: 'anonymousStorage',
    unset: undefined,
    given: '500MiB',
    read: 500 * mebibyte,
    bad: ['half', '1.5GiB'],
  },
  ANONYMOUS_CREATE: { key: 'anonymousCreate', unset: true, given: 'false', read: false, bad: ['no', '0'] },
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
  PRESIGN_TTL: {
    key: 'presignTtl',
    unset: 3_600_000,
    given: '7d',
    read: 7 * day,
    bad: ['0', '8d', '604801'],
  },
  LONGEST_UPLOAD: {
    key: 'maxUploadTime',
    unset: 6 * 3_600_000,
    given: '30m',
    read: 1_800_000,
    bad: ['0', 'long'],
  },
  LONGEST_READ: {
    key: 'longestRead',
    unset: 6 * 3_600_000,
    given: '7d',
    read: 7 * day,
    bad: ['0', '8d', 'long'],
  },
  RATE_LIMIT: { key: 'rateLimit', unset: 100, given: '0', read: 0, bad: ['-1', '1.5', 'off'] },
  RATE_LIMIT_WINDOW: {
    key: 'rateLimitWindow',
    unset: 60_000,
    given: '1h',
    read: 3_600_000,
    bad: ['0', '1 min'],
  },
  KEY_RATE_LIMIT: { key: 'keyRateLimit', unset: 1000, given: '0', read: 0, bad: ['-1', 'off'] },
  GUEST_RATE_LIMIT: { key: 'guestRateLimit', unset: 5, given: '50', read: 50, bad: ['-1', '5/day'] },
  PRESIGN_RATE_LIMIT: { key: 'presignRateLimit', unset: 100, given: '0', read: 0, bad: ['1e3', '0x10'] },
  BANNED_IPS: {
    key: 'bannedAddresses',
    unset: [],
    given: ',',
    read: [],
    bad: ['10.0.0.0/33', 'somebody', '10.0.0.1 10.0.0.2', '10.0.0.0-10.0.0.9'],
  },
  TRUSTED_PROXIES: {
    key: 'trustedProxies',
    unset: [],
    given: ' , ',
    read: [],
    bad: ['10.0.0.0/33', 'proxy', '10.0.0.1 10.0.0.2'],
  },
  WEBHOOK_ALLOW_PRIVATE: {
    key: 'webhookAllowPrivate',
    unset: false,
    given: 'true',
    read: true,
    bad: ['yes', '1', 'TRUE', 'truefalse'],
  },
  WEBHOOK_MAX_PENDING: {
    key: 'webhookMaxPending',
    unset: 100_000,
    given: '0',
    read: 0,
    bad: ['-1', '1.5', 'none'],
  },
  STOP_DELAY: { key: 'stopDelay', unset: undefined, given: '5s', read: 5000, bad: ['0', 'soon'] },
  METRICS_TOKEN: { key: 'metricsToken', unset: undefined, given: 'token', read: 'token', bad: [] },
  LOG_LEVEL: {
    key: 'logLevel',
    unset: 'info',
    given: 'debug',
    read: 'debug',
    bad: ['verbose', 'INFO', 'in\nfo'],
  },
  LOG_CLIENT_ADDRESS: {
    key: 'logClientAddress',
    unset: 'full',
    given: 'short',
    read: 'short',
    bad: ['Full', 'hashed'],
  },
};
