import { type Static, Type } from '@sinclair/typebox';
import { formatTime } from '../../../core/expiry.ts';
import type { BucketWithUsage } from '../../../core/ports/buckets/bucket-store.ts';
import { type Bucket, BucketName } from '../schemas.ts';

export const path = '/v1/buckets';
export const bucketPath = `${path}/:bucket`;
export const bucketParams = Type.Object({ bucket: BucketName });

type BucketFields = { public?: boolean; defaultTtlSeconds?: number | null };

/** The fields of a bucket in a request, with the names of the core. */
export function bucketRequest({ public: isPublic, defaultTtlSeconds }: BucketFields) {
  return {
    ...(isPublic !== undefined && { isPublic }),
    ...(defaultTtlSeconds !== undefined && { defaultTtlSeconds }),
  };
}

export function bucketJson(bucket: BucketWithUsage): Static<typeof Bucket> {
  const { name, isPublic, defaultTtl, objectCount, sizeBytes, createdAt } = bucket;
  return {
    name,
    public: isPublic,
    defaultTtlSeconds: defaultTtl === null ? null : defaultTtl / 1000,
    objectCount,
    sizeBytes,
    createdAt: formatTime(createdAt),
  };
}
