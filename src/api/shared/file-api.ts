import type { Accounts } from '../../core/accounts/accounts.ts';
import type { Confirmations } from '../../core/files/confirmations.ts';
import type { FileRoutes } from '../../core/files/file-routes.ts';
import type { DownloadGrant, Files } from '../../core/files/files.ts';
import type { RemoteFiles } from '../../core/files/remote-files.ts';
import type { UploadTarget } from '../../core/files/reservations.ts';
import type { UploadReceiver } from '../../core/files/upload-receiver.ts';
import type { Uploads } from '../../core/files/uploads.ts';
import type { Limits } from '../../core/limits/limits.ts';
import type { Clock } from '../../core/ports/clock.ts';

/** The dependencies of the APIs over accounts and their files. */
export type FileApi = {
  accounts: Accounts;
  uploads: Uploads;
  receiver: UploadReceiver;
  confirmations: Confirmations;
  remoteFiles: RemoteFiles;
  files: Files;
  fileRoutes: FileRoutes;
  limits: Limits;
  clock: Clock;
  /** What links begin with, without a trailing slash. */
  publicUrl: string;
  /** What the URLs of public files begin with: the CDN, if there is one. */
  contentUrl: string;
};

/** The URL of a public file. Everyone who knows it can read the file. */
export function contentAddress({ contentUrl }: Pick<FileApi, 'contentUrl'>, key: string): string {
  return `${contentUrl}/f/${encodeKey(key)}`;
}

/** The URL of a private file until the grant ends. It is never the CDN's, because a CDN keeps copies. */
export function grantedAddress(
  { publicUrl }: FileApi,
  key: string,
  { expiresAt, signature }: DownloadGrant,
): string {
  return `${publicUrl}/f/${encodeKey(key)}?expires=${expiresAt}&signature=${signature}`;
}

/** The presigned URL of an upload. */
export function uploadAddress({ publicUrl }: Pick<FileApi, 'publicUrl'>, target: UploadTarget): string {
  if (target.kind === 'direct') return target.url;
  const { uploadId, part, expiresAt, signature } = target;
  const query = `expires=${expiresAt}&signature=${signature}`;
  return `${publicUrl}${signedUploadsPath}/${uploadId}?${part === null ? '' : `part=${part}&`}${query}`;
}

/** No bucket can have this name, because bucket names have no underscores. */
export const signedUploadsPath = '/signed/_uploads';

/** A key, encoded for a path. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
