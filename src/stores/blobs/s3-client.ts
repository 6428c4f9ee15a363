import type { LookupFunction } from 'node:net';
import { CopyObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Failure, noRoom, storeAway } from '../../core/failure.ts';
import { BlobDamaged, BlobMissing } from '../../core/ports/content/blob-store.ts';

export type S3Settings = {
  endpoint: string;
  /** The endpoint in presigned URLs, if clients reach the store at another one than the server does. */
  publicEndpoint?: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Looks up the endpoint's name. The default is the runtime's lookup. */
  lookup?: LookupFunction;
};

/** The key prefix of blobs in the S3 bucket. */
export const objectPrefix = 'blobs/';

export function objectKey(key: string): string {
  return `${objectPrefix}${key}`;
}

/** The client would write to the console. Its errors contain all that is needed. */
const ignore = () => undefined;
const silence = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Each download by a slow reader holds a connection, and uploads and sweeps must still get one. */
const maxSockets = 1024;

/** How long the store may be silent (ms), and how many times a request is tried. */
type Tolerance = { socketTimeout: number; maxAttempts: number };

const defaultTolerance: Tolerance = { socketTimeout: 30_000, maxAttempts: 2 };

/** For requests that copy or assemble up to 5 GiB. A retry would do all of the work again. */
export const slowTolerance: Tolerance = { socketTimeout: 15 * 60_000, maxAttempts: 1 };

export function createClient(
  endpoint: string,
  settings: S3Settings,
  { socketTimeout, maxAttempts }: Tolerance = defaultTolerance,
): S3Client {
  const { region, accessKeyId, secretAccessKey, lookup } = settings;
  const agent = { maxSockets, ...(lookup && { lookup }) };
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    // The client's defaults send checksums as trailers without a Content-Length, which other stores reject. A
    // presigned URL would require the checksum of an empty body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts,
    logger: silence,
    requestHandler: {
      connectionTimeout: 2000,
      socketTimeout,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}

/** Copies a blob; with a `version`, only if `from` still has it. @throws the store's own errors */
export async function copyObject(
  client: S3Client,
  bucket: string,
  from: string,
  to: string,
  version?: string,
): Promise<void> {
  const command = new CopyObjectCommand({
    Bucket: bucket,
    Key: objectKey(to),
    CopySource: `${bucket}/${objectKey(encodeURIComponent(from))}`,
    CopySourceIfMatch: version,
  });
  await client.send(command);
}

/** Translates an error of the store: `no_room` if it is full, otherwise `store_away`. */
export function translate(error: unknown): unknown {
  if (error instanceof Failure || error instanceof BlobMissing || error instanceof BlobDamaged) return error;
  if (/^(EntityTooLarge|InsufficientStorage|QuotaExceeded)/.test(nameOf(error))) return noRoom(error);
  return storeAway(error);
}

/** Calls the store. @throws the errors of the store, translated */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}

/** The S3 error code of an error; empty if the store did not answer. */
export function nameOf(error: unknown): string {
  return error instanceof S3ServiceException ? error.name : '';
}

/** Whether the object does not exist. The response to a HEAD has no body, and the client names it by its status. */
export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(nameOf(error));
}

/** Whether the store does not implement a call, or does not permit it to this access key. */
export function isUnsupported(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === 403 || status === 405 || status === 501;
}
