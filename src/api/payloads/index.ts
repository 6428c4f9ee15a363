import type { Elysia } from 'elysia';
import { mountEndpoints } from '../shared/endpoints/endpoint.ts';
import type { PayloadApi } from './api.ts';
import { contentEndpoints } from './content-endpoints.ts';
import { create } from './create-payload.ts';
import { remove } from './delete-payload.ts';
import { read } from './read-payload.ts';
import { namedUpload, shellEndpoints } from './shell-endpoints.ts';
import { uploadEndpoints } from './upload-endpoints.ts';

export type { PayloadApi } from './api.ts';
export { payloadErrors } from './errors.ts';

/** Mounts the payload API: JSON, uploads in parts, shell uploads, bytes and pages. */
export function mountPayloadApi(app: Elysia, api: PayloadApi): void {
  mountEndpoints(app, [
    ...[create(api), read(api), remove(api)],
    ...[...uploadEndpoints(api), ...contentEndpoints(api), ...shellEndpoints(api)],
  ]);
  mountEndpoints(app, [namedUpload(api)], { openEnded: true });
}
