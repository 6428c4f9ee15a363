import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Failure, noRoom, storeAway } from '../../core/failure.ts';
import { BlobMissing, type BlobStore, type ByteRange } from '../../core/ports/blob-store.ts';

export type S3Settings = {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
};

/** Bytes of a part where the length is not known beforehand; one part at a time is held in memory. */
const partSize = 8 * 1024 * 1024;

/** The client would write to the console by itself; whatever matters of a failure is in its error. */
const ignore = () => undefined;
const silence = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Each download by a slow reader holds a connection; uploads and sweeps must still find one. */
const maxSockets = 1024;

/** Blobs as objects `blobs/{key}` of one bucket of any S3-compatible store. */
export class S3BlobStore implements BlobStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor({ endpoint, region, bucket, accessKeyId, secretAccessKey }: S3Settings) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      // Later defaults add checksums as trailers, which drop the Content-Length; other stores refuse those.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 2,
      logger: silence,
      requestHandler: {
        connectionTimeout: 2000,
        socketTimeout: 30_000,
        httpAgent: { maxSockets },
        httpsAgent: { maxSockets },
      },
    });
  }

  async write(key: string, chunks: AsyncIterable<Uint8Array>, size?: number): Promise<void> {
    const source = new AbortingSource(chunks);
    const target = { Bucket: this.#bucket, Key: objectKey(key) };
    const { signal } = source.controller;
    try {
      if (size === undefined) await this.#writeParts(target, source);
      else {
        const command = new PutObjectCommand({ ...target, Body: source.stream, ContentLength: size });
        await this.#client.send(command, { abortSignal: signal });
      }
    } catch (error) {
      // A lenient store keeps what came of a body that broke off; if this fails too, the journal has the key.
      if (source.error !== undefined) await this.remove(key).catch(() => undefined);
      throw source.error ?? translate(error);
    } finally {
      source.stream.destroy();
    }
  }

  async #writeParts(target: { Bucket: string; Key: string }, source: AbortingSource): Promise<void> {
    const upload = new Upload({
      client: this.#client,
      params: { ...target, Body: source.stream },
      abortController: source.controller,
      partSize,
      queueSize: 1,
    });
    await upload.done();
  }

  async open(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: objectKey(key),
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      );
      if (!(Body instanceof Readable)) throw storeAway(new Error('the store sent no body'));
      return Readable.toWeb(Body, {
        strategy: { highWaterMark: 1 },
      }) as unknown as ReadableStream<Uint8Array>;
    } catch (error) {
      if (error instanceof NoSuchKey) throw new BlobMissing();
      throw translate(error);
    }
  }

  /** Also aborts uploads in parts, whose parts no listing of objects shows. */
  async remove(key: string): Promise<void> {
    const target = { Bucket: this.#bucket, Key: objectKey(key) };
    try {
      await this.#client.send(new DeleteObjectCommand(target));
      for (const UploadId of await this.#unfinishedUploads(target.Key))
        await this.#client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    } catch (error) {
      throw translate(error);
    }
  }

  async #unfinishedUploads(objectKey: string): Promise<(string | undefined)[]> {
    try {
      const { Uploads = [] } = await this.#client.send(
        new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: objectKey }),
      );
      return Uploads.filter(({ Key }) => Key === objectKey).map(({ UploadId }) => UploadId);
    } catch (error) {
      // Not every store, nor every key's permissions, has this call: that must not keep objects from going.
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status === 403 || status === 405 || status === 501) return [];
      throw error;
    }
  }

  async freeSpace(): Promise<undefined> {
    return undefined;
  }

  async ping(): Promise<void> {
    await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), {
      abortSignal: AbortSignal.timeout(2000),
    });
  }
}

/**
 * A source that aborts the request when it fails: a request that merely ended early might be taken for a
 * whole object by a lenient store.
 */
class AbortingSource {
  readonly controller = new AbortController();
  readonly stream: Readable;
  error: unknown;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.stream = Readable.from(this.#watched(chunks), { objectMode: false, highWaterMark: 64 * 1024 });
    // Its error is reported by `write`; a listener keeps it from being thrown a second time.
    this.stream.on('error', () => undefined);
  }

  async *#watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      this.error = error;
      this.controller.abort();
      throw error;
    }
  }
}

function objectKey(key: string): string {
  return `blobs/${key}`;
}

/** Whatever keeps the store from answering is `store_away`; a full store is `no_room`. */
function translate(error: unknown): unknown {
  if (error instanceof Failure || error instanceof BlobMissing) return error;
  if (
    error instanceof S3ServiceException &&
    /^(EntityTooLarge|InsufficientStorage|QuotaExceeded)/.test(error.name)
  )
    return noRoom(error);
  return storeAway(error);
}
