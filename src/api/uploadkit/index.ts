import type { Elysia } from 'elysia';
import { methodsOf, mountEndpoints } from '../shared/endpoints/endpoint.ts';
import { documented } from '../shared/endpoints/openapi.ts';
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
  const under = (endpoints: Parameters<typeof methodsOf>[0]) =>
    methodsOf(endpoints.map((one) => ({ ...one, operation: documented(base, one.operation) })));
  return { list: under([list(api), removeMany(api)]), one: under([remove(api)]) };
}
