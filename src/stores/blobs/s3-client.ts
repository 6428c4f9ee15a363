import type { LookupFunction } from 'node:net';
import { CopyObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Failure, noRoom, storeAway } from '../../core/failure.ts';
import { BlobDamaged, BlobMissing } from '../../core/ports/blob-store.ts';

export type S3Settings = {
  endpoint: string;
  /** The endpoint that presigned URLs name, where clients reach the store by another than the server does. */
  publicEndpoint?: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Looks the endpoint's name up; the runtime does where it is absent. */
  lookup?: LookupFunction;
};

/** Where the blobs are among a bucket's objects. */
export const objectPrefix = 'blobs/';

export function objectKey(key: string): string {
  return `${objectPrefix}${key}`;
}

/** The client would write to the console by itself; whatever matters of a failure is in its error. */
const ignore = () => undefined;
const silence = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Each download by a slow reader holds a connection; uploads and sweeps must still find one. */
const maxSockets = 1024;

/** How long the store may say nothing (ms), and how often a request is made. */
type Patience = { socketTimeout: number; maxAttempts: number };

const usualPatience: Patience = { socketTimeout: 30_000, maxAttempts: 2 };

/** Copying 5 GiB, or putting them together, is one request; made twice, it would be two copies. */
export const patience: Patience = { socketTimeout: 15 * 60_000, maxAttempts: 1 };

export function createClient(
  endpoint: string,
  settings: S3Settings,
  { socketTimeout, maxAttempts }: Patience = usualPatience,
): S3Client {
  const { region, accessKeyId, secretAccessKey, lookup } = settings;
  const agent = { maxSockets, ...(lookup && { lookup }) };
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    // Later defaults add checksums as trailers, which drop the Content-Length; other stores refuse those. A
    // presigned URL would demand the checksum of an empty body.
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

/** Copies a blob; with a `version`, only while it is the one that lies under `from`. @throws errors of the store's own */
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

/** Whatever keeps the store from answering is `store_away`; a full store is `no_room`. */
export function translate(error: unknown): unknown {
  if (error instanceof Failure || error instanceof BlobMissing || error instanceof BlobDamaged) return error;
  if (/^(EntityTooLarge|InsufficientStorage|QuotaExceeded)/.test(nameOf(error))) return noRoom(error);
  return storeAway(error);
}

/** Does something with the store. @throws what `translate` makes of its errors. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}

/** The store's own name for what went wrong, as its documentation lists it; empty where it did not answer. */
export function nameOf(error: unknown): string {
  return error instanceof S3ServiceException ? error.name : '';
}

/** There is no such object. A HEAD has no body to say so in, and is told from its status. */
export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(nameOf(error));
}

/** Not every store, nor every key's permissions, has every call. */
export function isUnsupported(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === 403 || status === 405 || status === 501;
}
