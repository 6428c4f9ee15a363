import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';

export type S3Settings = {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
};

export type S3Bucket = S3Settings & {
  /** The same as Mayfly's settings. */
  env: Record<string, string>;
  client: S3Client;
  /** Every key in the bucket that begins with `prefix`, in the server's order. */
  listKeys(prefix?: string): Promise<string[]>;
  /** Unfinished multipart uploads, whose parts are in no list of keys. */
  listMultipartUploads(): Promise<{ key: string; uploadId: string }[]>;
};

/** A bucket, read directly from the S3 server and not through Mayfly. */
export function openBucket(settings: S3Settings): S3Bucket {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = settings;
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  return {
    ...settings,
    client,
    env: {
      S3_ENDPOINT: endpoint,
      S3_REGION: region,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    },
    async listKeys(prefix = '') {
      const keys: string[] = [];
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
      }
      return keys;
    },
    async listMultipartUploads() {
      const uploads: { key: string; uploadId: string }[] = [];
      let page: ListMultipartUploadsCommandOutput | undefined;
      do {
        page = await client.send(
          new ListMultipartUploadsCommand({
            Bucket: bucket,
            KeyMarker: page?.NextKeyMarker,
            UploadIdMarker: page?.NextUploadIdMarker,
          }),
        );
        for (const { Key, UploadId } of page.Uploads ?? []) {
          if (Key !== undefined && UploadId !== undefined) uploads.push({ key: Key, uploadId: UploadId });
        }
      } while (page.IsTruncated);
      return uploads;
    },
  };
}
