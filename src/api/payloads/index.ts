import type { Elysia } from 'elysia';
import { mountEndpoints } from '../shared/endpoint.ts';
import type { PayloadApi } from './api.ts';
import { mountContentRoutes } from './content-routes.ts';
import { create } from './create-payload.ts';
import { remove } from './delete-payload.ts';
import { read } from './read-payload.ts';
import { mountShellRoutes } from './shell-routes.ts';
import { mountUploadRoutes } from './upload-routes.ts';

export type { PayloadApi } from './api.ts';
export { payloadErrors } from './errors.ts';

/** Mounts the payload API: JSON, uploads in parts and from the shell, the bytes and the page. */
export function mountPayloadApi(app: Elysia, api: PayloadApi): void {
  mountEndpoints(app, [create(api), read(api), remove(api)]);
  mountUploadRoutes(app, api);
  mountContentRoutes(app, api);
  mountShellRoutes(app, api);
}
