import type { Bucket, BucketSettings, Page, PageOptions, SignedUrl, SignOptions } from './bucket-types.ts';
import type { Call, Connection } from './connection.ts';
import { InvalidCallError } from './errors.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import type { CallOptions } from './uploading.ts';

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

/** Adds the API key to a call, and an idempotency key to a write, so that a repeated request does no harm. */
export function asAccount(connection: Connection, call: Call, write = false): Call {
  const idempotency = write ? { 'idempotency-key': newIdempotencyKey() } : {};
  return { ...call, headers: { ...connection.authorization(), ...idempotency, ...call.headers } };
}

/** The buckets of the account of the client's API key. */
export class Buckets {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list({ cursor, limit, signal }: PageOptions = {}): Promise<Page<Bucket>> {
    return this.#json('GET', path, { query: { cursor, limit }, signal });
  }

  create(name: string, settings: BucketSettings = {}, { signal }: CallOptions = {}): Promise<Bucket> {
    return this.#json('POST', path, { json: { name, ...settings }, signal });
  }

  get(name: string, { signal }: CallOptions = {}): Promise<Bucket> {
    return this.#json('GET', bucketPath(name), { signal });
  }

  update(name: string, settings: BucketSettings, { signal }: CallOptions = {}): Promise<Bucket> {
    return this.#json('PATCH', bucketPath(name), { json: settings, signal });
  }

  /** Removes an empty bucket. */
  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', bucketPath(name), asAccount(this.#connection, { signal }, true));
  }

  /** Creates a signed URL, which reads or writes one object without a key until it expires. */
  sign(name: string, key: string, options: SignOptions, { signal }: CallOptions = {}): Promise<SignedUrl> {
    return this.#json('POST', `${bucketPath(name)}/sign`, { json: { key, ...options }, signal });
  }

  #json<Body>(method: string, path: string, call: Call): Promise<Body> {
    return this.#connection.json(method, path, asAccount(this.#connection, call, method !== 'GET'));
  }
}
