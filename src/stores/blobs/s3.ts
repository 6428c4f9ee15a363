import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type MultipartUpload,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { storeAway } from '../../core/failure.ts';
import {
  BlobDamaged,
  BlobMissing,
  type BlobStore,
  type ByteRange,
  isBlobKey,
  type ListedBlob,
} from '../../core/ports/blob-store.ts';
import { AbortingSource } from './aborting-source.ts';
import {
  copyObject,
  createClient,
  isMissing,
  isUnsupported,
  nameOf,
  objectKey,
  objectPrefix,
  patience,
  type S3Settings,
  translate,
  translated,
} from './s3-client.ts';
import { S3DirectUploads } from './s3-direct.ts';

/** Bytes of a part where the length is not known beforehand; one part at a time is held in memory. */
const partSize = 8 * 1024 * 1024;

/** How long a ping may take (ms). */
const pingTimeout = 2000;

/** Blobs as objects `blobs/{key}` of one bucket of any S3-compatible store. */
export class S3BlobStore implements BlobStore {
  readonly direct: S3DirectUploads;
  readonly #client: S3Client;
  /** For what a store may take minutes over without a word. */
  readonly #patient: S3Client;
  readonly #bucket: string;

  constructor(settings: S3Settings) {
    this.#bucket = settings.bucket;
    this.#client = createClient(settings.endpoint, settings);
    this.#patient = createClient(settings.endpoint, settings, patience);
    this.direct = new S3DirectUploads(this.#client, this.#patient, settings);
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

  /** One request for up to 5 GiB, the most that S3 copies in one (API_CopyObject). */
  async copy(from: string, to: string): Promise<void> {
    await translated(async () => {
      try {
        await copyObject(this.#patient, this.#bucket, from, to);
      } catch (error) {
        throw isMissing(error) ? new BlobMissing() : error;
      }
    });
  }

  async open(key: string, range?: ByteRange, size?: number): Promise<ReadableStream<Uint8Array>> {
    try {
      const { Body, ContentLength, ContentRange } = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: objectKey(key),
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      );
      if (!(Body instanceof Readable)) throw storeAway(new Error('the store sent no body'));
      const actual = range ? Number(ContentRange?.split('/')[1]) : ContentLength;
      if (size !== undefined && actual !== size) {
        Body.destroy();
        throw new BlobDamaged(key, size, actual);
      }
      return Readable.toWeb(Body, {
        strategy: { highWaterMark: 1 },
      }) as unknown as ReadableStream<Uint8Array>;
    } catch (error) {
      if (isMissing(error)) throw new BlobMissing();
      throw translate(error);
    }
  }

  /** Also aborts uploads in parts, whose parts no listing of objects shows. */
  async remove(key: string, directUploadId?: string | null): Promise<void> {
    const target = { Bucket: this.#bucket, Key: objectKey(key) };
    await translated(async () => {
      // By its id where that is known: not every key may list uploads. Aborted first, it cannot be completed after.
      if (directUploadId) await this.#abort({ ...target, UploadId: directUploadId });
      await this.#client.send(new DeleteObjectCommand(target));
      for await (const { Key, UploadId } of this.#unfinishedUploads(target.Key))
        if (Key === target.Key) await this.#abort({ ...target, UploadId });
    });
  }

  async #abort(upload: { Bucket: string; Key: string; UploadId: string | undefined }): Promise<void> {
    try {
      await this.#client.send(new AbortMultipartUploadCommand(upload));
    } catch (error) {
      if (nameOf(error) !== 'NoSuchUpload') throw error;
    }
  }

  /** Uploads in parts come first: one that is completed meanwhile is an object by then. */
  async *list(): AsyncGenerator<ListedBlob> {
    try {
      for await (const { Key } of this.#unfinishedUploads(objectPrefix)) {
        const key = blobKey(Key);
        if (key !== undefined) yield { key, size: undefined };
      }
      const pages = paginateListObjectsV2(
        { client: this.#client },
        { Bucket: this.#bucket, Prefix: objectPrefix },
      );
      for await (const { Contents = [] } of pages)
        for (const { Key, Size } of Contents) {
          const key = blobKey(Key);
          if (key !== undefined) yield { key, size: Size };
        }
    } catch (error) {
      throw translate(error);
    }
  }

  /**
   * Pages go on by key alone: not every store takes the id of an upload as a place to go on from. So of more
   * uploads of one key than a page holds, some are left out, but no key is.
   */
  async *#unfinishedUploads(prefix: string): AsyncGenerator<MultipartUpload> {
    const query = { Bucket: this.#bucket, Prefix: prefix };
    let page: ListMultipartUploadsCommandOutput | undefined;
    do {
      try {
        page = await this.#client.send(
          new ListMultipartUploadsCommand({ ...query, KeyMarker: page?.NextKeyMarker }),
        );
      } catch (error) {
        // A store without this call must not keep objects from being removed or listed.
        if (isUnsupported(error)) return;
        throw error;
      }
      yield* page.Uploads ?? [];
    } while (page.IsTruncated && page.NextKeyMarker);
  }

  async freeSpace(): Promise<undefined> {
    return undefined;
  }

  async ping(): Promise<void> {
    const options = { abortSignal: AbortSignal.timeout(pingTimeout) };
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), options);
    } catch (error) {
      // The refusal of a HEAD has no body: only the same of a GET names the reason, such as InvalidAccessKeyId.
      if (nameOf(error) !== '')
        await this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, MaxKeys: 1 }), options);
      throw error;
    }
  }
}

/** The key of the blob that an object is; undefined for what others keep in the bucket. */
function blobKey(objectKey: string | undefined): string | undefined {
  const key = objectKey?.slice(objectPrefix.length);
  return isBlobKey(key) ? key : undefined;
}
