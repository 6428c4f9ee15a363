import type { Accounts } from '../../core/accounts/accounts.ts';
import type { Limits } from '../../core/limits.ts';
import type { Confirmations } from '../../core/objects/confirmations.ts';
import type { FileRoutes } from '../../core/objects/file-routes.ts';
import type { DownloadGrant, Objects } from '../../core/objects/objects.ts';
import type { Reception } from '../../core/objects/reception.ts';
import type { RemoteFiles } from '../../core/objects/remote-files.ts';
import type { UploadTarget } from '../../core/objects/reservations.ts';
import type { Uploads } from '../../core/objects/uploads.ts';
import type { Clock } from '../../core/ports/clock.ts';

/** What the APIs over accounts and their files need to answer. */
export type FileApi = {
  accounts: Accounts;
  uploads: Uploads;
  reception: Reception;
  confirmations: Confirmations;
  remoteFiles: RemoteFiles;
  objects: Objects;
  fileRoutes: FileRoutes;
  limits: Limits;
  clock: Clock;
  /** What links begin with, without a trailing slash. */
  publicUrl: string;
  /** What the addresses of public files begin with: the CDN, where there is one. */
  contentUrl: string;
};

/** The address at which whoever knows it can read a public file. */
export function contentAddress({ contentUrl }: Pick<FileApi, 'contentUrl'>, key: string): string {
  return `${contentUrl}/f/${encodeKey(key)}`;
}

/** The address at which a private file can be read until the grant ends. Never the CDN's, which keeps copies. */
export function grantedAddress(
  { publicUrl }: FileApi,
  key: string,
  { expiresAt, signature }: DownloadGrant,
): string {
  return `${publicUrl}/f/${encodeKey(key)}?expires=${expiresAt}&signature=${signature}`;
}

/** Where the bytes of an upload are to be PUT. */
export function uploadAddress({ publicUrl }: Pick<FileApi, 'publicUrl'>, target: UploadTarget): string {
  if (target.kind === 'direct') return target.url;
  const { uploadId, part, expiresAt, signature } = target;
  const query = `expires=${expiresAt}&signature=${signature}`;
  return `${publicUrl}${signedUploadsPath}/${uploadId}?${part === null ? '' : `part=${part}&`}${query}`;
}

/** No bucket can have this name: underscores are not for bucket names. */
export const signedUploadsPath = '/signed/_uploads';

/** A key as a path has it. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
