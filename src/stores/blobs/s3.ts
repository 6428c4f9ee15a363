import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type MultipartUpload,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { NoAnswer, storeAway } from '../../core/failure.ts';
import {
  BlobDamaged,
  BlobMissing,
  type BlobStore,
  type ByteRange,
  isBlobKey,
  type ListedBlob,
} from '../../core/ports/content/blob-store.ts';
import { AbortingSource } from './aborting-source.ts';
import {
  copyObject,
  createClient,
  isMissing,
  isUnsupported,
  nameOf,
  objectKey,
  objectPrefix,
  type S3Settings,
  slowTolerance,
  translate,
  translated,
} from './s3-client.ts';
import { S3DirectUploads } from './s3-direct.ts';
import { S3Watermark } from './s3-watermark.ts';

/** The bytes of a part if the length is not known in advance. One part at a time is held in memory. */
const partSize = 8 * 1024 * 1024;

/** How long a ping may take (ms). */
const pingTimeout = 2000;

/** Blobs as objects `blobs/{key}` of one bucket of any S3-compatible store. */
export class S3BlobStore implements BlobStore {
  readonly direct: S3DirectUploads;
  readonly #client: S3Client;
  /** For calls that the store may need minutes to answer. */
  readonly #slowClient: S3Client;
  readonly #bucket: string;

  constructor(settings: S3Settings) {
    this.#bucket = settings.bucket;
    this.#client = createClient(settings.endpoint, settings);
    this.#slowClient = createClient(settings.endpoint, settings, slowTolerance);
    this.direct = new S3DirectUploads(this.#client, this.#slowClient, settings);
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
      // A lenient store keeps the bytes of an aborted body. If this removal fails too, the journal has the key.
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

  /** One request copies up to 5 GiB, the maximum of S3 (API_CopyObject). */
  async copy(from: string, to: string): Promise<void> {
    await translated(async () => {
      try {
        await copyObject(this.#slowClient, this.#bucket, from, to);
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

  /** Also aborts uploads in parts, because lists of objects do not show their parts. */
  async remove(key: string, directUploadId?: string | null): Promise<void> {
    const target = { Bucket: this.#bucket, Key: objectKey(key) };
    await translated(async () => {
      // By its id if that is known, because not every access key may list uploads. An upload that is aborted first
      // cannot be completed afterwards.
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

  /** A bucket with versions keeps a removed object behind delete markers. A key is written only once. */
  async recover(key: string): Promise<boolean> {
    const target = { Bucket: this.#bucket, Key: objectKey(key) };
    return translated(async () => {
      try {
        const { Versions = [], DeleteMarkers = [] } = await this.#client.send(
          new ListObjectVersionsCommand({ Bucket: this.#bucket, Prefix: target.Key }),
        );
        const isOfKey = ({ Key }: { Key?: string | undefined }) => Key === target.Key;
        if (!Versions.some(isOfKey)) return false;
        for (const { VersionId } of DeleteMarkers.filter(isOfKey))
          await this.#client.send(new DeleteObjectCommand({ ...target, VersionId }));
        return true;
      } catch (error) {
        if (isUnsupported(error)) return false;
        throw error;
      }
    });
  }

  /** Lists uploads in parts first: one that is completed in the meantime is then listed as an object. */
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
   * List pages continue by key alone, because not every store accepts the id of an upload as a position. If one key has
   * more uploads than a list page holds, some are omitted, but no key is.
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
        // Objects can be removed and listed on a store without this call, too.
        if (isUnsupported(error)) return;
        throw error;
      }
      yield* page.Uploads ?? [];
    } while (page.IsTruncated && page.NextKeyMarker);
  }

  watermarkOf(databaseId: string): S3Watermark {
    return new S3Watermark(this.#client, this.#bucket, databaseId);
  }

  async freeSpace(): Promise<undefined> {
    return undefined;
  }

  async ping(): Promise<void> {
    const abortSignal = AbortSignal.timeout(pingTimeout);
    await this.#requireBucket({ abortSignal }).catch((error: unknown) => {
      throw abortSignal.aborted ? new NoAnswer(pingTimeout) : error;
    });
  }

  async #requireBucket(options: { abortSignal: AbortSignal }): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), options);
    } catch (error) {
      // The error response to a HEAD has no body. That to a GET names the reason, such as InvalidAccessKeyId.
      if (nameOf(error) !== '')
        await this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, MaxKeys: 1 }), options);
      throw error;
    }
  }
}

/** The key of the blob in an object; undefined for objects that are not blobs. */
function blobKey(objectKey: string | undefined): string | undefined {
  const key = objectKey?.slice(objectPrefix.length);
  return isBlobKey(key) ? key : undefined;
}
