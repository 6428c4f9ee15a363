import type { Elysia } from 'elysia';
import { methodsOf, mountEndpoints, underBase } from '../shared/endpoints/endpoint.ts';
import type { Methods } from '../shared/endpoints/resource.ts';
import type { FileApi } from '../shared/file-api.ts';
import { abortMultipart } from './abort-upload.ts';
import { complete, completeMultipart } from './complete-upload.ts';
import { remove, removeMany } from './delete-files.ts';
import { list } from './list-files.ts';
import { initMultipart, request } from './request-upload.ts';

export { uploadkitErrors } from './errors.ts';

/** Mounts UploadKit (docs/contract/uploadkit.md), except the paths of `/files`, which it shares with PutPut. */
export function mountUploadkit(app: Elysia, api: FileApi): void {
  mountEndpoints(app, [
    request(api),
    complete(api),
    initMultipart(api),
    completeMultipart(api),
    abortMultipart(api),
  ]);
}

/** The methods of the paths that UploadKit shares: `/files`, and `/files/{key}` with the key URL-encoded. */
export function uploadkitFiles(base: string, api: FileApi): { list: Methods; one: Methods } {
  return {
    list: methodsOf(underBase(base, [list(api), removeMany(api)])),
    one: methodsOf(underBase(base, [remove(api)])),
  };
}
