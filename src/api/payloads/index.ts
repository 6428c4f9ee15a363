import type { Elysia } from 'elysia';
import type { PayloadApi } from './api.ts';
import { mountContentRoutes } from './content-routes.ts';
import { mountJsonRoutes } from './json-routes.ts';
import { mountShellRoutes } from './shell-routes.ts';
import { mountUploadRoutes } from './upload-routes.ts';

export type { PayloadApi } from './api.ts';
export { payloadErrors } from './errors.ts';

/** Mounts the payload API: JSON, uploads in parts and from the shell, the bytes and the page. */
export function mountPayloadApi(app: Elysia, api: PayloadApi): void {
  mountJsonRoutes(app, api);
  mountUploadRoutes(app, api);
  mountContentRoutes(app, api);
  mountShellRoutes(app, api);
}
