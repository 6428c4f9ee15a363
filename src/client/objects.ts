import { bodyOf, rangeHeaders, storedSize } from './answer-headers.ts';
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
import { asAccount, objectPath, objectsPath } from './buckets.ts';
import type { Connection } from './connection.ts';
import { conditionHeaders, putInParts, putWhole } from './object-uploads.ts';
import type { ReadOptions } from './payload-types.ts';
import { pieceSize, type Source, sizeOf, wholeOf } from './source.ts';
import type { CallOptions } from './uploading.ts';

/** What is larger goes in parts (bytes). */
const largestWhole = 8 * 1024 * 1024;

/** The objects of buckets. A public bucket's can be read without a key. */
export class Objects {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** In the byte order of their keys; with a delimiter, what the keys have in common up to it is told once. */
  list(
    bucket: string,
    { prefix, delimiter, cursor, limit, signal }: ObjectListOptions = {},
  ): Promise<ObjectPage> {
    const call = { query: { prefix, delimiter, cursor, limit }, signal };
    return this.#connection.json('GET', objectsPath(bucket), asAccount(this.#connection, call));
  }

  /**
   * Stores an object, in the place of what is under the key. What is over 8 MiB, or of unknown length, goes in parts,
   * three at once, each sent again where its connection breaks. Every request tells the SHA-256 of its bytes, where
   * the platform can hash, and the server refuses what arrives otherwise.
   */
  async put(bucket: string, key: string, source: Source, options: PutOptions = {}): Promise<StoredObject> {
    const size = sizeOf(source);
    if (options.resume || size === undefined || size > largestWhole)
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
   * Reads an object, in the coding that it has: size, ranges and SHA-256 are of those bytes. In browsers the stream is
   * decoded, since a page cannot have it otherwise.
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

  /** Removes up to 1000 at once, and tells which could not be. */
  removeMany(bucket: string, keys: string[], { signal }: CallOptions = {}): Promise<BatchDeletion> {
    const call = asAccount(this.#connection, { json: { keys }, signal }, true);
    return this.#connection.json('POST', `${objectsPath(bucket)}/batch-delete`, call);
  }

  /** Copies an object, within the server. */
  async copy(
    bucket: string,
    key: string,
    target: CopyTarget,
    { signal, ...conditions }: CallOptions & Conditions = {},
  ): Promise<StoredObject> {
    const json = { destinationBucket: target.bucket, destinationKey: target.key };
    const call = asAccount(this.#connection, { json, headers: conditionHeaders(conditions), signal }, true);
    return this.#connection.json('POST', `${objectPath(bucket, key)}/copy`, call);
  }
}

const metadataPrefix = 'x-meta-';

function infoOf(headers: Headers): ObjectInfo {
  const told = (name: string) => headers.get(name) ?? undefined;
  const metadata = [...headers].filter(([name]) => name.startsWith(metadataPrefix));
  return {
    headers,
    size: storedSize(headers),
    mediaType: told('content-type') ?? 'application/octet-stream',
    contentEncoding: told('content-encoding'),
    etag: told('etag'),
    metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice(metadataPrefix.length), value])),
    expiresAt: told('x-expires-at'),
    sha256: /\bsha-256=:([^:]*):/.exec(told('repr-digest') ?? '')?.[1],
  };
}
