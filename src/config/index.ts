import { join } from 'node:path';
import { logReserve } from '../core/capacity.ts';
import { requirePublicUrl } from './public-url.ts';
import {
  addressRanges,
  choice,
  cronPattern,
  duration,
  longText,
  optional,
  orNone,
  port,
  readSetting,
  redisUrl,
  type Setting,
  SettingError,
  size,
  sqliteFile,
  text,
  trueOrFalse,
  url,
  wholeNumber,
} from './setting.ts';

export { SettingError } from './setting.ts';

/** The minimum length of a secret (characters). */
export const leastSecret = 16;

/** Every setting, once. The table in the README is generated from this. */
export const settings = {
  host: text('HOST', '0.0.0.0', 'The address to listen on.'),
  port: port('PORT', '8080', 'The port to listen on; 0 for any that is free.'),
  publicUrl: optional(
    url('http:', 'https:'),
    'PUBLIC_URL',
    'What links begin with, such as `https://example.org/paste`: a path is one at which a proxy serves Mayfly. Links are never built from the Host header. Unset: `http://localhost:PORT`.',
  ),
  cdnUrl: optional(
    url('http:', 'https:'),
    'CDN_URL',
    'What the public URLs of files begin with instead, where a CDN is in front of them. Unset: `PUBLIC_URL`.',
  ),
  secret: optional(
    longText(leastSecret),
    'SECRET',
    `Signs URLs, and webhook secrets derive from it: changing it ends the signed URLs that are out and changes those secrets. At least ${leastSecret} characters. Unset: one is made once and kept in \`DATA_DIR\`.`,
  ),
  secretPrevious: optional(
    longText(leastSecret),
    'SECRET_PREVIOUS',
    'What `SECRET` was before: what it signed is accepted for 7 days after the change, and webhooks are signed with both.',
  ),
  dataDirectory: text('DATA_DIR', './data', 'Where the database and, without S3, the blobs are kept.'),
  databaseUrl: optional(
    sqliteFile,
    'DATABASE_URL',
    'The SQLite file, as `sqlite:PATH`. Unset: `mayfly.db` in `DATA_DIR`.',
  ),
  redisUrl: optional(
    redisUrl,
    'REDIS_URL',
    'A single Redis for the rate limits, such as `redis://localhost:6379`. Unset: limits are counted in the process.',
  ),
  s3Endpoint: optional(
    url('http:', 'https:'),
    'S3_ENDPOINT',
    'An S3-compatible store for large payloads. Unset: local disk.',
  ),
  s3Region: text('S3_REGION', 'us-east-1', 'Its region.'),
  s3Bucket: optional(text, 'S3_BUCKET', 'The bucket, which has to exist.'),
  s3AccessKeyId: optional(text, 'S3_ACCESS_KEY_ID', 'The access key.'),
  s3SecretAccessKey: optional(text, 'S3_SECRET_ACCESS_KEY', 'Its secret.'),
  s3PublicEndpoint: optional(
    url('http:', 'https:'),
    'S3_PUBLIC_ENDPOINT',
    'The endpoint in presigned URLs, where clients reach the store by another address. Unset: `S3_ENDPOINT`.',
  ),
  inlineLimit: size(
    'INLINE_LIMIT',
    '64KiB',
    'Content up to this size is kept in the database, larger in the blob store.',
  ),
  maxPayloadSize: size('MAX_PAYLOAD_SIZE', '10MiB', 'The largest content created or read as JSON.'),
  maxAnonymousSize: size('MAX_ANONYMOUS_SIZE', '512MiB', 'The largest content uploaded from the shell.'),
  maxObjectSize: size('MAX_OBJECT_SIZE', '5GiB', 'The largest file or object that an account can store.'),
  maxBodyMemory: size(
    'MAX_BODY_MEMORY',
    '128MiB',
    'Bytes of request bodies held in memory at once; an address may have a quarter of them.',
  ),
  maxUploadsPerClient: wholeNumber(
    'MAX_UPLOADS_PER_CLIENT',
    '32',
    'Uploads that a client address may have under way at once; 0 for no limit.',
  ),
  maxStorage: optional(
    size,
    'MAX_STORAGE',
    'Bytes stored in all; past it new content gets 507. Unset: no limit.',
  ),
  anonymousStorage: optional(
    orNone(size),
    'ANONYMOUS_STORAGE',
    'Bytes that all who have no account of the operator’s may store together, guests and claimed accounts included; past it they get 507. `none` for no limit, 0 for nothing. Unset: half of `MAX_STORAGE`, or half of what is stored and free; no limit where only S3 bounds it.',
  ),
  minFreeSpace: size(
    'MIN_FREE_SPACE',
    '256MiB',
    `Bytes to leave free on the disk; past it new content gets 507. At least ${logReserve / 1024 ** 2}MiB stay free, whatever is set: deletions need them.`,
  ),
  anonymousCreate: trueOrFalse(
    'ANONYMOUS_CREATE',
    'true',
    'Whether content may be created without a key (true or false). With `false` there are no new guests either, and open claims are void.',
  ),
  defaultTtl: duration('DEFAULT_TTL', '7d', 'How long a payload lives that says nothing of it.'),
  maxTtl: duration('MAX_TTL', '365d', 'How long a payload may live at most.'),
  sweepCron: cronPattern(
    'SWEEP_CRON',
    '*/30 * * * * *',
    'When expired payloads are swept (cron, with seconds).',
  ),
  uploadLease: duration(
    'UPLOAD_LEASE',
    '60s',
    'How long an upload that a crash cut off may keep its bytes; running uploads renew it.',
  ),
  presignTtl: duration('PRESIGN_TTL', '1h', 'How long an upload may be begun and confirmed; 7 days at most.'),
  longestUpload: duration(
    'LONGEST_UPLOAD',
    '6h',
    'How long a PUT straight to S3 may go on after its URL has expired; then the sweep removes what came.',
  ),
  rateLimit: wholeNumber('RATE_LIMIT', '100', 'Calls per window and client address; 0 for no limit.'),
  rateLimitWindow: duration('RATE_LIMIT_WINDOW', '60s', 'The length of that window.'),
  keyRateLimit: wholeNumber(
    'KEY_RATE_LIMIT',
    '1000',
    'Calls per window and valid credential, which count there and not against the address, unless it is a guest’s; 0 for no limit.',
  ),
  guestRateLimit: wholeNumber(
    'GUEST_RATE_LIMIT',
    '5',
    'Guest tokens per day and client address, and as many claims; 0 for no limit.',
  ),
  presignRateLimit: wholeNumber(
    'PRESIGN_RATE_LIMIT',
    '100',
    'Presigned uploads per hour and token; 0 for no limit.',
  ),
  bannedAddresses: addressRanges(
    'BANNED_IPS',
    '',
    'Addresses and CIDR ranges that are refused, separated by commas; in IPv6 nothing narrower than a /64.',
  ),
  trustedProxies: addressRanges(
    'TRUSTED_PROXIES',
    '',
    'Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed, separated by commas.',
  ),
  webhookAllowPrivate: trueOrFalse(
    'WEBHOOK_ALLOW_PRIVATE',
    'false',
    'Whether webhooks and fetched URLs may lead to private addresses (true or false).',
  ),
  webhookMaxPending: wholeNumber(
    'WEBHOOK_MAX_PENDING',
    '100000',
    'Deliveries that may wait for one webhook; past it new events are dropped. 0 for no limit.',
  ),
  metricsToken: optional(
    text,
    'METRICS_TOKEN',
    'The bearer token for `/metrics`. Unset: only this machine may read it. Set it behind a proxy: one that adds no header looks like this machine.',
  ),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'])(
    'LOG_LEVEL',
    'info',
    'How much is logged.',
  ),
  logClientAddress: choice(['full', 'short', 'none'])(
    'LOG_CLIENT_ADDRESS',
    'full',
    'The address of the client in log lines: `full` (of IPv6 the /64), `short` (/24, /48), or `none`.',
  ),
};

/** The maximum size of a JSON body without content, such as a thousand keys to delete (bytes). */
const maxListBody = 8 * 1024 * 1024;

/** The maximum size of one copy within S3 (bytes; API_CopyObject). */
const maxS3Copy = 5 * 1024 ** 3;

type Settings = typeof settings;
type Values = { [name in keyof Settings]: Settings[name] extends Setting<infer T> ? T : never };

type S3Config = {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** What presigned URLs name instead of `endpoint`. */
  publicEndpoint?: string | undefined;
};

/** The values of all settings; durations in milliseconds, sizes in bytes. `s3` is set if S3 is configured. */
export type Config = Values & { s3: S3Config | undefined };

/** The maximum of `X-Amz-Expires` in a presigned URL of S3: a week (ms). */
const maxPresignTtl = 7 * 86_400_000;

/**
 * Reads the configuration.
 *
 * @throws SettingError with one line that names the wrong setting
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const entries = Object.entries(settings).map(([key, setting]) => [
    key,
    readSetting(setting as Setting<unknown>, environment),
  ]);
  const values = Object.fromEntries(entries) as Values;
  requirePublicUrl(values.publicUrl);
  if (values.defaultTtl > values.maxTtl)
    throw new SettingError('DEFAULT_TTL must not be longer than MAX_TTL');
  if (values.presignTtl > maxPresignTtl) throw new SettingError('PRESIGN_TTL must not be longer than 7d');
  const maxJsonBody = Math.max(2 * values.maxPayloadSize + 64 * 1024, maxListBody);
  if (values.maxBodyMemory < 4 * maxJsonBody)
    throw new SettingError(
      `MAX_BODY_MEMORY must be at least ${4 * maxJsonBody} bytes: four times the largest JSON body that MAX_PAYLOAD_SIZE allows`,
    );
  const { anonymousStorage, maxStorage } = values;
  if (typeof anonymousStorage === 'number' && anonymousStorage > (maxStorage ?? anonymousStorage))
    throw new SettingError('ANONYMOUS_STORAGE must not be larger than MAX_STORAGE');
  const s3 = readS3(values);
  if (s3 !== undefined && values.maxObjectSize > maxS3Copy)
    throw new SettingError('MAX_OBJECT_SIZE must be at most 5GiB with S3, which cannot copy larger objects');
  return { ...values, s3 };
}

/** The SQLite file that the configuration names. */
export function databaseFile({
  databaseUrl,
  dataDirectory,
}: Pick<Config, 'databaseUrl' | 'dataDirectory'>): string {
  return databaseUrl ?? join(dataDirectory, 'mayfly.db');
}

function readS3(values: Values): S3Config | undefined {
  const { s3Endpoint: endpoint, s3Region: region, s3Bucket: bucket } = values;
  const {
    s3AccessKeyId: accessKeyId,
    s3SecretAccessKey: secretAccessKey,
    s3PublicEndpoint: publicEndpoint,
  } = values;
  if (endpoint === undefined) {
    if (bucket ?? accessKeyId ?? secretAccessKey ?? publicEndpoint)
      throw new SettingError('S3_ENDPOINT must be set if another S3_* setting is');
    return undefined;
  }
  if (bucket === undefined) throw new SettingError('S3_BUCKET must be set if S3_ENDPOINT is');
  if (accessKeyId === undefined) throw new SettingError('S3_ACCESS_KEY_ID must be set if S3_ENDPOINT is');
  if (secretAccessKey === undefined)
    throw new SettingError('S3_SECRET_ACCESS_KEY must be set if S3_ENDPOINT is');
  return { endpoint, region, bucket, accessKeyId, secretAccessKey, publicEndpoint };
}
