import type { Elysia } from 'elysia';
import { mountEndpoints } from '../shared/endpoints/endpoint.ts';
import type { PayloadApi } from './api.ts';
import { create } from './creation/create-payload.ts';
import { namedUpload, shellEndpoints } from './creation/shell-endpoints.ts';
import { remove } from './delete-payload.ts';
import { contentEndpoints } from './reading/content-endpoints.ts';
import { read } from './reading/read-payload.ts';
import { uploadEndpoints } from './uploads/upload-endpoints.ts';

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
