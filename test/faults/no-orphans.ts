import { expect } from 'bun:test';
import type { S3Bucket } from '../support/s3-bucket.ts';
import { readStored } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';

/** Expects the blobs on disk to be those that rows show, and some to be there. */
export function expectNoOrphansOnDisk(dataDir: string): void {
  expect(readStored(dataDir).files).toEqual(shownBlobs(dataDir));
}

/** Expects the blobs in S3 to be those that rows show, no part to wait there, and nothing to lie on disk. */
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
