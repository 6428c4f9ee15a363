import { requirePublicUrl } from '../../../config/public-url.ts';
import type { Values } from './environment-file.ts';

/** The four answers, which no default can give. */
export type Answers = {
  /** The address that users see. */
  publicUrl: string;
  /** `disk`: an SQLite file and blobs on this machine. `postgresql`: PostgreSQL, Redis and S3, for several servers. */
  data: 'disk' | 'postgresql';
  /** The proxy on this machine. */
  proxy: 'nginx' | 'caddy' | 'haproxy' | 'none';
  /** Who may create content: everyone, or only callers with an API key. */
  create: 'everyone' | 'keys';
};

/** What has a default, or is random. */
export type Details = {
  dataDirectory: string;
  /** The port at which Mayfly listens. */
  port: number;
  secret: string;
  metricsToken: string;
};

/** What an operator must replace before the start. With it, Mayfly does not start. */
export const placeholder = 'CHANGE-ME';

/** Values of stores that only the operator knows; they are taken from the environment where they are set there. */
export const storeValues: Values = {
  DATABASE_URL: `postgres://mayfly:${placeholder}@${placeholder}/mayfly?sslmode=verify-full`,
  REDIS_URL: `redis://:${placeholder}@${placeholder}:6379`,
  S3_ENDPOINT: `https://${placeholder}`,
  S3_BUCKET: 'mayfly',
  S3_ACCESS_KEY_ID: placeholder,
  S3_SECRET_ACCESS_KEY: placeholder,
};

/**
 * The settings for the answers.
 *
 * @param known Values of `storeValues` that are known.
 * @throws SettingError if the public address cannot be the base of links
 */
export function valuesFor(answers: Answers, details: Details, known: Partial<Values>): Values {
  const { publicUrl, data, proxy, create } = answers;
  requirePublicUrl(publicUrl);
  const stores = Object.entries(storeValues).map(([name, value]) => [name, known[name] || value] as const);
  return {
    PUBLIC_URL: publicUrl,
    // Clients must not bypass the proxy.
    HOST: proxy === 'none' ? '0.0.0.0' : '127.0.0.1',
    PORT: String(details.port),
    ...(proxy !== 'none' && { TRUSTED_PROXIES: '127.0.0.1' }),
    SECRET: details.secret,
    METRICS_TOKEN: details.metricsToken,
    ...(data === 'disk' ? { DATA_DIR: details.dataDirectory } : Object.fromEntries(stores)),
    ANONYMOUS_CREATE: String(create === 'everyone'),
  };
}
