import { asAccount } from '../connection/account-call.ts';
import { bodyOf, rangeHeaders, storedSize } from '../connection/answer-headers.ts';
import type { RequestBody } from '../connection/bodies.ts';
import type { Connection } from '../connection/connection.ts';
import type { ReadOptions } from '../payloads/payload-types.ts';
import { pieceSize, type Source, sizeOf, wholeOf } from '../uploads/source.ts';
import type { CallOptions } from '../uploads/uploading.ts';
import type {
  BatchDeletion,
  Conditions,
  CopyTarget,
  ObjectInfo,
  ObjectListOptions,
  ObjectPage,
  PutOptions,
  ReadObject,
  StoredObject,
} from './bucket-types.ts';
import { objectPath, objectsPath } from './buckets.ts';
import { conditionHeaders, putInParts, putWhole } from './object-uploads.ts';

/** Larger objects are uploaded in parts (bytes). */
const maxWholeSize = 8 * 1024 * 1024;

/** The objects of buckets. Those of a public bucket can be read without a key. */
export class Objects {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Lists objects in the byte order of their keys. A delimiter groups keys into `commonPrefixes`. */
  list(
    bucket: string,
    { prefix, delimiter, cursor, limit, signal }: ObjectListOptions = {},
  ): Promise<ObjectPage> {
    const call = { query: { prefix, delimiter, cursor, limit }, signal };
    return this.#connection.json<'listObjects'>(
      'GET',
      objectsPath(bucket),
      asAccount(this.#connection, call),
    );
  }

  /**
   * Stores an object, and replaces the one under the key. Content over 8 MiB, or of unknown size, is sent in parts,
   * three at once, with retries. Requests have the SHA-256 of their bytes, if the platform can compute it; the server
   * refuses a body with another one.
   */
  async put(bucket: string, key: string, source: Source, options: PutOptions = {}): Promise<StoredObject> {
    const size = sizeOf(source);
    if (options.resume || size === undefined || size > maxWholeSize)
      return putInParts(this.#connection, { bucket, key }, source, options);
    const body = await wholeOf(source);
    const { onProgress } = options;
    const total = pieceSize(body);
    const onSent = onProgress && ((sent: number) => onProgress({ sent, total }));
    return putWhole(this.#connection, { bucket, key }, body, options, onSent);
  }

  async info(bucket: string, key: string, { signal }: CallOptions = {}): Promise<ObjectInfo> {
    const call = asAccount(this.#connection, { asStored: true, signal });
    return infoOf((await this.#connection.call('HEAD', objectPath(bucket, key), call)).headers);
  }

  /**
   * Reads an object in its stored content coding: size, ranges and SHA-256 are of the encoded bytes. Browsers always
   * decode the stream.
   */
  async get(bucket: string, key: string, { range, ifRange, signal }: ReadOptions = {}): Promise<ReadObject> {
    const headers = rangeHeaders(range, ifRange);
    const call = asAccount(this.#connection, { headers, asStored: true, signal });
    const response = await this.#connection.call('GET', objectPath(bucket, key), call);
    return { ...infoOf(response.headers), ...bodyOf(response) };
  }

  async remove(
    bucket: string,
    key: string,
    { signal, ...conditions }: CallOptions & Conditions = {},
  ): Promise<void> {
    const call = asAccount(this.#connection, { headers: conditionHeaders(conditions), signal }, true);
    await this.#connection.call('DELETE', objectPath(bucket, key), call);
  }

  /** Removes up to 1000 objects. Returns which could not be removed. */
  removeMany(bucket: string, keys: string[], { signal }: CallOptions = {}): Promise<BatchDeletion> {
    const call = { json: { keys }, signal };
    return this.#connection.json<'deleteObjects'>(
      'POST',
      `${objectsPath(bucket)}/batch-delete`,
      asAccount(this.#connection, call, true),
    );
  }

  /** Copies an object within the server. */
  async copy(
    bucket: string,
    key: string,
    target: CopyTarget,
    { signal, ...conditions }: CallOptions & Conditions = {},
  ): Promise<StoredObject> {
    const json: RequestBody<'copyObject'> = { destinationBucket: target.bucket, destinationKey: target.key };
    const call = { json, headers: conditionHeaders(conditions), signal };
    return this.#connection.json<'copyObject'>(
      'POST',
      `${objectPath(bucket, key)}/copy`,
      asAccount(this.#connection, call, true),
    );
  }
}

const metadataPrefix = 'x-meta-';

function infoOf(headers: Headers): ObjectInfo {
  const header = (name: string) => headers.get(name) ?? undefined;
  const metadata = [...headers].filter(([name]) => name.startsWith(metadataPrefix));
  return {
    headers,
    size: storedSize(headers),
    mediaType: header('content-type') ?? 'application/octet-stream',
    contentEncoding: header('content-encoding'),
    etag: header('etag'),
    metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice(metadataPrefix.length), value])),
    expiresAt: header('x-expires-at'),
    sha256: /\bsha-256=:([^:]*):/.exec(header('repr-digest') ?? '')?.[1],
  };
}
