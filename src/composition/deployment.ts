import type { Config } from '../config/index.ts';
import type { Deployment } from '../core/operation/deployment.ts';

/** The settings that a command must share with the running server. */
export function deploymentOf({ s3 }: Pick<Config, 's3'>, secret: string): Deployment {
  return { blobs: blobsPlace(s3), secret };
}

/** Identifies where the blobs are, the same for all processes of a deployment. */
export function blobsPlace(s3: Config['s3']): string {
  return s3 === undefined ? 'disk' : `${s3.endpoint} ${s3.bucket}`;
}
