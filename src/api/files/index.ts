import type { Elysia } from 'elysia';
import { mountEndpoints } from '../shared/endpoints/endpoint.ts';
import type { FileApi } from '../shared/file-api.ts';
import { put } from './put-signed.ts';
import { read } from './read-file.ts';

/** Mounts the content of the files of all APIs: public and signed URLs, without credentials. */
export function mountFileContent(app: Elysia, api: FileApi): void {
  mountEndpoints(app, [read(api), put(api)]);
}
