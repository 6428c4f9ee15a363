import { SettingError } from './setting.ts';

export type S3Config = {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** What presigned URLs name instead of `endpoint`. */
  publicEndpoint?: string | undefined;
};

/** The maximum size of one copy within S3 (bytes; API_CopyObject). */
const maxCopy = 5 * 1024 ** 3;

type S3Settings = {
  maxObjectSize: number;
  s3Region: string;
  s3Endpoint: string | undefined;
  s3Bucket: string | undefined;
  s3AccessKeyId: string | undefined;
  s3SecretAccessKey: string | undefined;
  s3PublicEndpoint: string | undefined;
};

/** The settings of S3. @throws SettingError if some are missing, or do not fit S3 */
export function readS3(values: S3Settings): S3Config | undefined {
  const { s3Endpoint: endpoint, s3Region: region, s3Bucket: bucket } = values;
  const {
    s3AccessKeyId: accessKeyId,
    s3SecretAccessKey: secretAccessKey,
    s3PublicEndpoint: publicEndpoint,
  } = values;
  if (endpoint === undefined) {
    if (bucket ?? accessKeyId ?? secretAccessKey ?? publicEndpoint)
      throw new SettingError('S3_ENDPOINT must be set if another S3_* setting is');
    return undefined;
  }
  if (bucket === undefined) throw new SettingError('S3_BUCKET must be set if S3_ENDPOINT is');
  if (accessKeyId === undefined) throw new SettingError('S3_ACCESS_KEY_ID must be set if S3_ENDPOINT is');
  if (secretAccessKey === undefined)
    throw new SettingError('S3_SECRET_ACCESS_KEY must be set if S3_ENDPOINT is');
  if (values.maxObjectSize > maxCopy)
    throw new SettingError('MAX_OBJECT_SIZE must be at most 5GiB with S3, which cannot copy larger objects');
  return { endpoint, region, bucket, accessKeyId, secretAccessKey, publicEndpoint };
}
