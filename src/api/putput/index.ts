import type { Elysia } from 'elysia';
import { methodsOf, mountEndpoints, underBase } from '../shared/endpoints/endpoint.ts';
import type { Methods } from '../shared/endpoints/resource.ts';
import type { FileApi } from '../shared/file-api.ts';
import { confirm } from './confirm-upload.ts';
import { create } from './create-guest.ts';
import { remove } from './delete-file.ts';
import { download } from './download-file.ts';
import { stats } from './file-stats.ts';
import { list } from './list-files.ts';
import { claim, showClaimPage } from './login.ts';
import { presign } from './presign-upload.ts';
import { fetchUrl } from './upload-from-url.ts';

export { putputErrors } from './errors.ts';
export { loginErrors } from './login-page.ts';

/**
 * Mounts PutPut (docs/contract/putput.md) under a base, except the paths of `/files` that it shares with another API.
 *
 * @param base `/api/v1`, or the older `/api`.
 */
export function mountPutput(app: Elysia, base: string, api: FileApi): void {
  const own = [create(api), presign(api), confirm(api), fetchUrl(api), download(api), stats(api)];
  mountEndpoints(app, underBase(base, own), { base });
}

/** The methods of the paths that PutPut shares: `/files` and `/files/{id}`. */
export function putputFiles(base: string, api: FileApi): { list: Methods; one: Methods } {
  return {
    list: methodsOf(underBase(base, [list(api)])),
    one: methodsOf(underBase(base, [remove(api)])),
  };
}

/** Mounts the page of a guest's `claim_url`. */
export function mountLogin(app: Elysia, api: FileApi): void {
  mountEndpoints(app, [showClaimPage(api), claim(api)]);
}
