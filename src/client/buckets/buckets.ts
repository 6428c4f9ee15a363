import type { Operation, RequestBody, ResponseBody } from '../connection/bodies.ts';
import type { Call, Connection } from '../connection/connection.ts';
import { InvalidCallError } from '../connection/errors.ts';
import { newIdempotencyKey } from '../connection/idempotency-key.ts';
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

/** Adds the API key to a call, and an idempotency key to a write, so that a repeated request does no harm. */
export function asAccount<Body>(
  connection: Connection,
  call: Call<NoInfer<Body>>,
  write = false,
): Call<Body> {
  const idempotency = write ? { 'idempotency-key': newIdempotencyKey() } : {};
  return { ...call, headers: { ...connection.authorization(), ...idempotency, ...call.headers } };
}

/** The buckets of the account of the client's API key. */
export class Buckets {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list({ cursor, limit, signal }: PageOptions = {}): Promise<BucketPage> {
    return this.#json<'listBuckets'>('GET', path, { query: { cursor, limit }, signal });
  }

  create(name: string, settings: BucketSettings = {}, { signal }: CallOptions = {}): Promise<Bucket> {
    return this.#json<'createBucket'>('POST', path, { json: { name, ...settings }, signal });
  }

  get(name: string, { signal }: CallOptions = {}): Promise<Bucket> {
    return this.#json<'readBucket'>('GET', bucketPath(name), { signal });
  }

  update(name: string, settings: BucketSettings, { signal }: CallOptions = {}): Promise<Bucket> {
    return this.#json<'updateBucket'>('PATCH', bucketPath(name), { json: settings, signal });
  }

  /** Removes an empty bucket. */
  async remove(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', bucketPath(name), asAccount(this.#connection, { signal }, true));
  }

  /** Creates a signed URL, which reads or writes one object without a key until it expires. */
  sign(name: string, key: string, options: SignOptions, { signal }: CallOptions = {}): Promise<SignedUrl> {
    return this.#json<'signUrl'>('POST', `${bucketPath(name)}/sign`, { json: { key, ...options }, signal });
  }

  #json<Id extends Operation>(
    method: string,
    path: string,
    call: Call<RequestBody<Id>>,
  ): Promise<ResponseBody<Id>> {
    return this.#connection.json<Id>(method, path, asAccount(this.#connection, call, method !== 'GET'));
  }
}
