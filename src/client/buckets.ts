import type { Bucket, BucketSettings, Page, PageOptions, SignedUrl, SignOptions } from './bucket-types.ts';
import type { Call, Connection } from './connection.ts';
import { InvalidCallError } from './errors.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import type { CallOptions } from './uploading.ts';

const path = '/v1/buckets';
export const bucketPath = (name: string) => `${path}/${encodeURIComponent(name)}`;
export const objectsPath = (bucket: string) => `${bucketPath(bucket)}/objects`;

/**
 * The path of an object. Slashes are encoded too: raw ones could be taken for `.` and `..` segments on the way.
 *
 * @throws InvalidCallError for a key with `.` or `..` as a segment: `fetch` would call another path for it
 */
export function objectPath(bucket: string, key: string): string {
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(key))
    throw new InvalidCallError('The key must not have . or .. as a segment');
  return `${objectsPath(bucket)}/${encodeURIComponent(key)}`;
}

/** A call with the key, and under a name of its own where it writes, so that a network that repeats it does no harm. */
export function asAccount(connection: Connection, call: Call, write = false): Call {
  const once = write ? { 'idempotency-key': newIdempotencyKey() } : {};
  return { ...call, headers: { ...connection.authorization(), ...once, ...call.headers } };
}

/** Buckets: named places for objects, of the account whose key the client has. */
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

  /** Removes a bucket that has no objects. */
  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', bucketPath(name), asAccount(this.#connection, { signal }, true));
  }

  /** Makes a URL by which whoever has it can read or write one object until it expires. */
  sign(name: string, key: string, options: SignOptions, { signal }: CallOptions = {}): Promise<SignedUrl> {
    return this.#json('POST', `${bucketPath(name)}/sign`, { json: { key, ...options }, signal });
  }

  #json<Body>(method: string, path: string, call: Call): Promise<Body> {
    return this.#connection.json(method, path, asAccount(this.#connection, call, method !== 'GET'));
  }
}
