import { logReserve } from '../core/content/capacity.ts';
import { type Database, readDatabase } from './database.ts';
import { databaseSettings } from './database-settings.ts';
import { requirePublicUrl } from './public-url.ts';
import { readS3, type S3Config } from './s3.ts';
import {
  addressRanges,
  choice,
  cronPattern,
  duration,
  type Environment,
  longText,
  optional,
  optionalSecret,
  orNone,
  port,
  positiveNumber,
  readSetting,
  redisUrl,
  type Setting,
  SettingError,
  size,
  text,
  trueOrFalse,
  url,
  wholeNumber,
} from './setting.ts';
import { tracingSettings } from './tracing-settings.ts';

export type { Database } from './database.ts';
export { SettingError, UnreadableSetting } from './setting.ts';

/** The minimum length of a secret (characters). */
export const minSecretLength = 16;

/** Every setting, once. The table in docs/settings.md is generated from this. */
export const settings = {
  host: text('HOST', '0.0.0.0', 'The address to listen on.'),
  port: port('PORT', '8080', 'The port to listen on; 0 for any free port.'),
  workers: positiveNumber(
    'WORKERS',
    '1',
    'The processes that serve on the port, with PostgreSQL on Linux ([one big machine](postgresql.md#one-big-machine)). They divide `MAX_BODY_MEMORY` and the other budgets; each has `DATABASE_POOL` connections.',
  ),
  publicUrl: optional(
    url('http:', 'https:'),
    'PUBLIC_URL',
    'The base of all links, such as `https://example.org/paste`. It has a path if a proxy serves Mayfly below one. Links are never built from the Host header. Unset: `http://localhost:PORT`.',
  ),
  cdnUrl: optional(
    url('http:', 'https:'),
    'CDN_URL',
    'The base of the public URLs of files if a CDN serves them. Unset: `PUBLIC_URL`.',
  ),
  secret: optionalSecret(
    longText(minSecretLength),
    'SECRET',
    `The secret that signs URLs and from which webhook secrets derive. A change invalidates signed URLs and changes webhook secrets. At least ${minSecretLength} characters. Unset: generated once and kept in \`DATA_DIR\`.`,
  ),
  secretPrevious: optionalSecret(
    longText(minSecretLength),
    'SECRET_PREVIOUS',
    'The previous `SECRET`: its signatures stay valid for 7 days after the change, and webhooks are signed with both.',
  ),
  dataDirectory: text('DATA_DIR', './data', 'The folder of the database and, without S3, of the blobs.'),
  ...databaseSettings,
  redisUrl: optionalSecret(
    redisUrl,
    'REDIS_URL',
    'A single Redis for the rate limits and, with PostgreSQL, for changes that other nodes cache, such as `redis://localhost:6379`. Unset: each process counts its own.',
  ),
  limitNodes: positiveNumber(
    'LIMIT_NODES',
    '3',
    'The number of servers on one PostgreSQL database: every rate limit is divided by it while Redis is away. No effect with SQLite.',
  ),
  s3Endpoint: optional(
    url('http:', 'https:'),
    'S3_ENDPOINT',
    'An S3-compatible store for content over `INLINE_LIMIT`. Unset: local disk.',
  ),
  s3Region: text('S3_REGION', 'us-east-1', 'The region of the S3 store.'),
  s3Bucket: optional(text, 'S3_BUCKET', 'The S3 bucket, which must exist.'),
  s3AccessKeyId: optionalSecret(text, 'S3_ACCESS_KEY_ID', 'The access key of the S3 store.'),
  s3SecretAccessKey: optionalSecret(text, 'S3_SECRET_ACCESS_KEY', 'The secret of the access key.'),
  s3PublicEndpoint: optional(
    url('http:', 'https:'),
    'S3_PUBLIC_ENDPOINT',
    'The endpoint in presigned URLs, if clients reach S3 at a different address. Unset: `S3_ENDPOINT`.',
  ),
  inlineLimit: size(
    'INLINE_LIMIT',
    '64KiB',
    'Content up to this size is stored in the database, larger content in the blob store.',
  ),
  maxPayloadSize: size(
    'MAX_PAYLOAD_SIZE',
    '10MiB',
    'The largest content that can be created or read as JSON.',
  ),
  maxAnonymousSize: size(
    'MAX_ANONYMOUS_SIZE',
    '512MiB',
    'The largest payload that is not sent as JSON: from the shell, from the page, or in parts.',
  ),
  maxObjectSize: size('MAX_OBJECT_SIZE', '5GiB', 'The largest file or object that an account can store.'),
  maxBodyMemory: optional(
    size,
    'MAX_BODY_MEMORY',
    'Memory for request bodies; one client address can use a quarter of it. Unset: 128 MiB for each of the `WORKERS`.',
  ),
  maxUploadsPerClient: wholeNumber(
    'MAX_UPLOADS_PER_CLIENT',
    '32',
    'Concurrent uploads of one client address; 0 for no limit.',
  ),
  maxStorage: optional(
    size,
    'MAX_STORAGE',
    'Stored bytes in total; above it, new content gets 507. Unset: no limit.',
  ),
  anonymousStorage: optional(
    orNone(size),
    'ANONYMOUS_STORAGE',
    'Stored bytes of all anonymous callers together: callers without a key, guests and claimed accounts. Above it, they get 507. `none` for no limit, 0 for nothing. Unset: half of `MAX_STORAGE`, or half of stored and free bytes; no limit if only S3 limits storage.',
  ),
  minFreeSpace: size(
    'MIN_FREE_SPACE',
    '256MiB',
    `Bytes to leave free on the disk; below it, new content gets 507. At least ${logReserve / 1024 ** 2}MiB stay free, whatever is set: deletions need them.`,
  ),
  anonymousCreate: trueOrFalse(
    'ANONYMOUS_CREATE',
    'true',
    'Whether content can be created without a key (true or false). With `false`, there are no new guests, and open claims are void.',
  ),
  defaultTtl: duration('DEFAULT_TTL', '7d', 'The TTL of a payload that is created without one.'),
  maxTtl: duration(
    'MAX_TTL',
    '365d',
    'The longest TTL of payloads, of objects in buckets, and of bucket defaults. Files of PutPut and UploadKit are not bound by it.',
  ),
  sweepCron: cronPattern(
    'SWEEP_CRON',
    '*/30 * * * * *',
    'When expired content is swept (cron, with seconds).',
  ),
  uploadLease: duration(
    'UPLOAD_LEASE',
    '60s',
    'How long the bytes of an upload are kept after a crash interrupts it; a running upload renews its lease.',
  ),
  presignTtl: duration(
    'PRESIGN_TTL',
    '1h',
    'How long an upload can be sent and confirmed or completed, of a payload in parts too; 7 days at most.',
  ),
  maxUploadTime: duration(
    'LONGEST_UPLOAD',
    '6h',
    'How long a PUT directly to S3 can continue after its URL expires; then the sweep removes its bytes.',
  ),
  longestRead: duration(
    'LONGEST_READ',
    '6h',
    'With PostgreSQL, how long a download of content in parts can last; for as long, the parts of removed content are kept, and count as stored. 7 days at most. No effect with SQLite.',
  ),
  rateLimit: wholeNumber('RATE_LIMIT', '100', 'Calls per window and client address; 0 for no limit.'),
  rateLimitWindow: duration('RATE_LIMIT_WINDOW', '60s', 'The length of that window.'),
  keyRateLimit: wholeNumber(
    'KEY_RATE_LIMIT',
    '1000',
    'Calls per window and valid credential; they do not count against the client address, except those of guests and claimed accounts. 0 for no limit.',
  ),
  guestRateLimit: wholeNumber(
    'GUEST_RATE_LIMIT',
    '5',
    'Guest tokens per day and client address, and the same number of claims; 0 for no limit.',
  ),
  presignRateLimit: wholeNumber(
    'PRESIGN_RATE_LIMIT',
    '100',
    'Presigned uploads per hour and token; 0 for no limit.',
  ),
  bannedAddresses: addressRanges(
    'BANNED_IPS',
    '',
    'Addresses and CIDR ranges to block, separated by commas; in IPv6, at least a /64.',
  ),
  trustedProxies: addressRanges(
    'TRUSTED_PROXIES',
    '',
    'Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is trusted, separated by commas.',
  ),
  webhookAllowPrivate: trueOrFalse(
    'WEBHOOK_ALLOW_PRIVATE',
    'false',
    'Whether webhooks and fetched URLs can use private addresses (true or false).',
  ),
  webhookMaxPending: wholeNumber(
    'WEBHOOK_MAX_PENDING',
    '100000',
    'Pending deliveries of one webhook; above it, new events are dropped. 0 for no limit.',
  ),
  stopDelay: optional(
    duration,
    'STOP_DELAY',
    'How long a server that is stopping still accepts requests, while `/readyz` answers 503, so that a proxy sends them elsewhere ([Upgrading several servers](postgresql.md#upgrading-several-servers)). Unset: it accepts none.',
  ),
  metricsToken: optionalSecret(
    text,
    'METRICS_TOKEN',
    'The bearer token for `/metrics`. Unset: only this machine can read it. Set it behind a proxy, because requests from a proxy that adds no header appear to come from this machine.',
  ),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'])(
    'LOG_LEVEL',
    'info',
    'The lowest level that is logged: `trace`, `debug`, `info`, `warn`, `error` or `silent`.',
  ),
  logClientAddress: choice(['full', 'short', 'none'])(
    'LOG_CLIENT_ADDRESS',
    'full',
    'The client address in log lines: `full` (the /64 of IPv6), `short` (/24, /48), or `none`.',
  ),
  ...tracingSettings,
};

/** The default of `MAX_BODY_MEMORY`, for each worker (bytes). */
const bodyMemoryPerWorker = 128 * 1024 * 1024;

/** The maximum size of a JSON body without content, such as a thousand keys to delete (bytes). */
const maxListBody = 8 * 1024 * 1024;

type Settings = typeof settings;
type Values = { [name in keyof Settings]: Settings[name] extends Setting<infer T> ? T : never };

/** The values of all settings; durations in milliseconds, sizes in bytes. `s3` is set if S3 is configured. */
export type Config = Values & { maxBodyMemory: number; s3: S3Config | undefined; database: Database };

/** The maximum of `X-Amz-Expires` in a presigned URL of S3: a week (ms). */
const maxPresignTtl = 7 * 86_400_000;

/** Much less than the longest time of a timer, which is 24 days (ms). */
const maxLongestRead = 7 * 86_400_000;

/**
 * Reads the configuration.
 *
 * @throws SettingError with one line that names the wrong setting
 */
export function readConfig(environment: Environment): Config {
  const entries = Object.entries(settings).map(([key, setting]) => [
    key,
    readSetting(setting as Setting<unknown>, environment),
  ]);
  const values = Object.fromEntries(entries) as Values;
  requirePublicUrl(values.publicUrl);
  if (values.defaultTtl > values.maxTtl)
    throw new SettingError('DEFAULT_TTL must not be longer than MAX_TTL');
  if (values.presignTtl > maxPresignTtl) throw new SettingError('PRESIGN_TTL must not be longer than 7d');
  if (values.longestRead > maxLongestRead) throw new SettingError('LONGEST_READ must not be longer than 7d');
  const { anonymousStorage, maxStorage, workers } = values;
  if (typeof anonymousStorage === 'number' && anonymousStorage > (maxStorage ?? anonymousStorage))
    throw new SettingError('ANONYMOUS_STORAGE must not be larger than MAX_STORAGE');
  const s3 = readS3(values);
  const database = readDatabase({ ...values, s3 }, (name) => readSetting(settings[name], environment));
  const maxJsonBody = Math.max(2 * values.maxPayloadSize + 64 * 1024, maxListBody);
  const minBodyMemory = 4 * maxJsonBody * workers;
  const maxBodyMemory = values.maxBodyMemory ?? bodyMemoryPerWorker * workers;
  if (maxBodyMemory < minBodyMemory)
    throw new SettingError(
      `MAX_BODY_MEMORY must be at least ${minBodyMemory} bytes: four times the largest JSON body that MAX_PAYLOAD_SIZE allows${workers === 1 ? '' : `, for each of the ${workers} WORKERS`}`,
    );
  return { ...values, maxBodyMemory, s3, database };
}
