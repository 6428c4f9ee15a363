import { type Config, SettingError } from '../config/index.ts';
import { type Deployment, differences, isRecordedSecret } from '../core/operation/deployment.ts';
import type { DeploymentStore } from '../core/ports/deployment-store.ts';

/** The settings that a command must share with the running server. */
export function deploymentOf({ s3 }: Pick<Config, 's3'>, secret: string): Deployment {
  return { blobs: blobsPlace(s3), secret };
}

/** Identifies where the blobs are, the same for all processes of a deployment. */
export function blobsPlace(s3: Config['s3']): string {
  return s3 === undefined ? 'disk' : `${s3.endpoint} ${s3.bucket}`;
}

/**
 * Checks that the settings are those of the other nodes on a database server: with another blob store or secret, each
 * would break what the others do.
 *
 * @throws SettingError
 */
export async function requireThatOfOthers(
  { s3, secret = '', secretPrevious }: Pick<Config, 's3' | 'secret' | 'secretPrevious'>,
  store: Pick<DeploymentStore, 'read'>,
): Promise<void> {
  const changed = await differences(store, deploymentOf({ s3 }, secret));
  if (changed.includes('blobs'))
    throw new SettingError('S3_ENDPOINT and S3_BUCKET must be those of the other servers on this database');
  if (!changed.includes('secret')) return;
  if (secretPrevious === undefined || !(await isRecordedSecret(store, secretPrevious)))
    throw new SettingError(
      'SECRET must be that of the other servers on this database; to change it, set SECRET_PREVIOUS to the earlier one',
    );
}
