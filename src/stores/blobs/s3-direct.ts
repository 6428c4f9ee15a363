import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { invalid, partTooSmall, storeAway, uploadNotFound } from '../../core/failure.ts';
import type {
  DirectBlob,
  DirectPart,
  DirectUploads,
  PartChecksums,
} from '../../core/ports/files/direct-uploads.ts';
import { AbortingSource } from './aborting-source.ts';
import {
  copyObject,
  createClient,
  isMissing,
  isUnsupported,
  nameOf,
  objectKey,
  type S3Settings,
  translate,
  translated,
} from './s3-client.ts';

/** By default the signer does not sign the content type. */
const signedOfPut = new Set(['content-type', 'content-length']);
/** A part has no type, but the client would sign one that no caller sends. */
const signedOfPart = new Set(['content-length']);

/** How long a browser may cache the response to its preflight (s). */
const preflightLifetime = 3600;

/** The problems with the parts of a completion, by S3's error code (API_CompleteMultipartUpload, "Errors"). */
const partErrors: Record<string, string> = {
  InvalidPart: 'are not those that were uploaded',
  InvalidPartOrder: 'must each have a different number',
  // No part at all, or an ETag that XML cannot contain.
  MalformedXML: 'are not those that were uploaded',
  // A number that no part can have.
  InvalidArgument: 'are not those that were uploaded',
};

/** Uploads by presigned URLs of the S3 store. An aborted PUT of a client may leave bytes, so check their size. */
export class S3DirectUploads implements DirectUploads {
  readonly #client: S3Client;
  /** For calls that the store may need minutes to answer. */
  readonly #slowClient: S3Client;
  /** Only signs, and never connects. */
  readonly #signer: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, slowClient: S3Client, settings: S3Settings) {
    const { publicEndpoint, bucket } = settings;
    this.#client = client;
    this.#slowClient = slowClient;
    this.#signer = publicEndpoint === undefined ? client : createClient(publicEndpoint, settings);
    this.#bucket = bucket;
  }

  presignPut(key: string, mediaType: string, size: number, seconds: number): Promise<string> {
    const command = new PutObjectCommand({
      ...this.#target(key),
      ContentType: mediaType,
      ContentLength: size,
    });
    return getSignedUrl(this.#signer, command, { expiresIn: seconds, signableHeaders: signedOfPut });
  }

  async inspect(key: string): Promise<DirectBlob | undefined> {
    return translated(async () => {
      try {
        const head = await this.#client.send(new HeadObjectCommand(this.#target(key)));
        if (head.ContentLength === undefined || head.ETag === undefined)
          throw storeAway(new Error('the store returned no length or no ETag'));
        return { size: head.ContentLength, version: head.ETag, contentEncoding: head.ContentEncoding };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async copy(from: string, version: string, to: string): Promise<boolean> {
    return translated(async () => {
      try {
        await copyObject(this.#slowClient, this.#bucket, from, to, version);
        return true;
      } catch (error) {
        if (isMissing(error) || nameOf(error) === 'PreconditionFailed') return false;
        throw error;
      }
    });
  }

  async startParts(key: string, mediaType: string): Promise<string> {
    const command = new CreateMultipartUploadCommand({ ...this.#target(key), ContentType: mediaType });
    return translated(async () => {
      const { UploadId } = await this.#client.send(command);
      if (UploadId === undefined) throw storeAway(new Error('the store returned no upload id'));
      return UploadId;
    });
  }

  presignPart(key: string, uploadId: string, number: number, size: number, seconds: number): Promise<string> {
    const command = new UploadPartCommand({
      ...this.#target(key),
      UploadId: uploadId,
      PartNumber: number,
      ContentLength: size,
    });
    return getSignedUrl(this.#signer, command, { expiresIn: seconds, signableHeaders: signedOfPart });
  }

  async writePart(
    key: string,
    uploadId: string,
    number: number,
    chunks: AsyncIterable<Uint8Array>,
    size: number,
    { md5, sha256 }: PartChecksums = {},
  ): Promise<string> {
    const source = new AbortingSource(chunks);
    const command = new UploadPartCommand({
      ...this.#target(key),
      UploadId: uploadId,
      PartNumber: number,
      Body: source.stream,
      ContentLength: size,
      ...(md5 !== undefined && { ContentMD5: md5 }),
      ...(sha256 !== undefined && { ChecksumSHA256: sha256 }),
    });
    try {
      const { ETag } = await this.#client.send(command, { abortSignal: source.controller.signal });
      if (ETag === undefined) throw storeAway(new Error('the store returned no ETag'));
      return ETag.replaceAll('"', '');
    } catch (error) {
      if (source.error !== undefined) throw source.error;
      throw (await this.#isUnknown(key, uploadId)) ? uploadNotFound() : translate(error);
    } finally {
      source.stream.destroy();
    }
  }

  /** Checked after a part failed: if a store closes the connection during the body, its error may be lost. */
  async #isUnknown(key: string, uploadId: string): Promise<boolean> {
    try {
      await this.#client.send(
        new ListPartsCommand({ ...this.#target(key), UploadId: uploadId, MaxParts: 1 }),
      );
      return false;
    } catch (error) {
      return nameOf(error) === 'NoSuchUpload';
    }
  }

  async completeParts(key: string, uploadId: string, parts: DirectPart[]): Promise<string | undefined> {
    const inOrder = parts.toSorted((one, other) => one.number - other.number);
    const command = new CompleteMultipartUploadCommand({
      ...this.#target(key),
      UploadId: uploadId,
      MultipartUpload: { Parts: inOrder.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
    });
    return translated(async () => {
      try {
        const { ETag } = await this.#slowClient.send(command);
        return ETag;
      } catch (error) {
        if (nameOf(error) === 'EntityTooSmall') throw partTooSmall();
        const rule = partErrors[nameOf(error)];
        if (rule !== undefined) throw invalid('parts', rule);
        if (nameOf(error) !== 'NoSuchUpload') throw error;
        // An earlier try completed it, and its response was lost.
        if ((await this.inspect(key)) === undefined) throw uploadNotFound();
        return undefined;
      }
    });
  }

  /**
   * Replaces the bucket's CORS rules with the one that a browser's PUT to a presigned URL needs. The signature
   * authorises the PUT, so any origin is allowed.
   *
   * @returns False if the store has no such rules, or does not permit this access key to set them.
   */
  async setCrossOriginRule(): Promise<boolean> {
    const rule = {
      AllowedOrigins: ['*'],
      AllowedMethods: ['PUT', 'GET', 'HEAD'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: preflightLifetime,
    };
    const command = new PutBucketCorsCommand({
      Bucket: this.#bucket,
      CORSConfiguration: { CORSRules: [rule] },
    });
    return translated(async () => {
      try {
        await this.#slowClient.send(command);
        return true;
      } catch (error) {
        if (isUnsupported(error)) return false;
        throw error;
      }
    });
  }

  #target(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: objectKey(key) };
  }
}
