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
import { Failure, invalid, partTooSmall, storeAway } from '../../core/failure.ts';
import type {
  DirectBlob,
  DirectPart,
  DirectUploads,
  PartChecksums,
} from '../../core/ports/direct-uploads.ts';
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

/** The signer leaves the content type out of the signature unless it is told not to. */
const signedOfPut = new Set(['content-type', 'content-length']);
/** A part has no type; the client would sign one that no caller sends. */
const signedOfPart = new Set(['content-length']);

/** How long a browser may keep the answer to its preflight (s). */
const preflightLifetime = 3600;

/** What is wrong with the parts of a completion, by S3's name for it (API_CompleteMultipartUpload, "Errors"). */
const partErrors: Record<string, string> = {
  InvalidPart: 'are not those that were uploaded',
  InvalidPartOrder: 'must each have a number of their own',
  // No part at all, or an ETag that no XML can hold.
  MalformedXML: 'are not those that were uploaded',
  // A number that no part can have.
  InvalidArgument: 'are not those that were uploaded',
};

/** Uploads by presigned URLs of the S3 store. A client's broken-off PUT may leave bytes: look at their size. */
export class S3DirectUploads implements DirectUploads {
  readonly #client: S3Client;
  /** For what a store may take minutes over without a word. */
  readonly #patient: S3Client;
  /** Only signs, and connects to nothing. */
  readonly #signer: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, patient: S3Client, settings: S3Settings) {
    const { publicEndpoint, bucket } = settings;
    this.#client = client;
    this.#patient = patient;
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
          throw storeAway(new Error('the store told no length or no ETag'));
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
        await copyObject(this.#patient, this.#bucket, from, to, version);
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
      if (UploadId === undefined) throw storeAway(new Error('the store told no upload id'));
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
      if (ETag === undefined) throw storeAway(new Error('the store told no ETag'));
      return ETag.replaceAll('"', '');
    } catch (error) {
      if (source.error !== undefined) throw source.error;
      throw (await this.#isUnknown(key, uploadId)) ? uploadNotFound() : translate(error);
    } finally {
      source.stream.destroy();
    }
  }

  /** Asked once a part was refused: a store that hangs up in the middle of its bytes may not be heard to say why. */
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
        const { ETag } = await this.#patient.send(command);
        return ETag;
      } catch (error) {
        if (nameOf(error) === 'EntityTooSmall') throw partTooSmall();
        const rule = partErrors[nameOf(error)];
        if (rule !== undefined) throw invalid('parts', rule);
        if (nameOf(error) !== 'NoSuchUpload') throw error;
        // Completed before, by a try whose answer was lost.
        if ((await this.inspect(key)) === undefined) throw uploadNotFound();
        return undefined;
      }
    });
  }

  /**
   * Sets the bucket's CORS rules, in place of any that it has, to the one that a browser's PUT to a presigned
   * URL needs. The signature is what lets it in, so that any origin may ask.
   *
   * @returns False where the store has no such rules, or does not let this access key set them.
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
        await this.#patient.send(command);
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

function uploadNotFound(): Failure {
  return new Failure('upload_not_found', 'Upload not found or expired');
}
