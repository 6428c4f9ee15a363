import { accountJson, asAccount } from '../connection/account-call.ts';
import type { Connection } from '../connection/connection.ts';
import { InvalidCallError } from '../connection/errors.ts';
import type { CallOptions } from '../uploads/uploading.ts';
import type {
  Bucket,
  BucketPage,
  BucketSettings,
  PageOptions,
  SignedUrl,
  SignOptions,
} from './bucket-types.ts';

const path = '/v1/buckets';
export const bucketPath = (name: string) => `${path}/${encodeURIComponent(name)}`;
export const objectsPath = (bucket: string) => `${bucketPath(bucket)}/objects`;

/**
 * The path of an object. Slashes are encoded too, since proxies could resolve `.` and `..` segments.
 *
 * @throws InvalidCallError for a key with `.` or `..` as a segment, since `fetch` would resolve it
 */
export function objectPath(bucket: string, key: string): string {
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(key))
    throw new InvalidCallError('The key must not have . or .. as a segment');
  return `${objectsPath(bucket)}/${encodeURIComponent(key)}`;
}

/** The buckets of the account of the client's API key. */
export class Buckets {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list({ cursor, limit, signal }: PageOptions = {}): Promise<BucketPage> {
    return accountJson<'listBuckets'>(this.#connection, 'GET', path, { query: { cursor, limit }, signal });
  }

  create(name: string, settings: BucketSettings = {}, { signal }: CallOptions = {}): Promise<Bucket> {
    return accountJson<'createBucket'>(this.#connection, 'POST', path, {
      json: { name, ...settings },
      signal,
    });
  }

  get(name: string, { signal }: CallOptions = {}): Promise<Bucket> {
    return accountJson<'readBucket'>(this.#connection, 'GET', bucketPath(name), { signal });
  }

  update(name: string, settings: BucketSettings, { signal }: CallOptions = {}): Promise<Bucket> {
    return accountJson<'updateBucket'>(this.#connection, 'PATCH', bucketPath(name), {
      json: settings,
      signal,
    });
  }

  /** Removes an empty bucket. */
  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', bucketPath(name), asAccount(this.#connection, { signal }, true));
  }

  /** Creates a signed URL, which reads or writes one object without a key until it expires. */
  sign(name: string, key: string, options: SignOptions, { signal }: CallOptions = {}): Promise<SignedUrl> {
    return accountJson<'signUrl'>(this.#connection, 'POST', `${bucketPath(name)}/sign`, {
      json: { key, ...options },
      signal,
    });
  }
}
