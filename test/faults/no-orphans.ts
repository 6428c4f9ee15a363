import { expect } from 'bun:test';
import type { S3Bucket } from '../support/s3-bucket.ts';
import { readStored } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';

/** Expects that the blobs on disk are exactly those of the rows, and that there are some. */
export function expectNoOrphansOnDisk(dataDir: string): void {
  expect(readStored(dataDir).files).toEqual(shownBlobs(dataDir));
}

/** Expects that the blobs in S3 are exactly those of the rows, and that neither parts in S3 nor blobs on disk exist. */
export async function expectNoOrphansInS3(dataDir: string, s3: S3Bucket): Promise<void> {
  expect((await s3.listKeys()).sort()).toEqual(shownBlobs(dataDir).map((key) => `blobs/${key}`));
  expect(await s3.listMultipartUploads()).toEqual([]);
  expect(readStored(dataDir).files).toEqual([]);
}

function shownBlobs(dataDir: string): string[] {
  const { blobKeys } = readStoredFiles(dataDir);
  expect(blobKeys.length).toBeGreaterThan(0);
  return blobKeys;
}
