import type { Elysia } from 'elysia';
import type { Exchange } from '../shared/exchange.ts';
import type { FileApi } from '../shared/file-api.ts';
import { documented } from '../shared/operation-parts.ts';
import { type Methods, mountResource, type Operation } from '../shared/resource.ts';
import { deleteFile, deleteFiles, listFiles } from './files.ts';
import * as operations from './operations.ts';
import { abortParts, completeParts, completeUpload, initParts, requestUpload } from './uploads.ts';

export { uploadkitErrors } from './errors.ts';

/** Mounts UploadKit (docs/contract/uploadkit.md), but for the paths of `/files` that it shares with another API. */
export function mountUploadkit(app: Elysia, api: FileApi): void {
  const post = (
    path: string,
    handler: (exchange: Exchange, api: FileApi) => Promise<Response>,
    operation: Operation,
  ) =>
    mountResource(app, `/api/v1/upload/${path}`, {
      POST: { handler: (exchange) => handler(exchange, api), operation },
    });
  post('request', requestUpload, operations.requestOperation);
  post('complete', completeUpload, operations.completeOperation);
  post('multipart/init', initParts, operations.initPartsOperation);
  post('multipart/complete', completeParts, operations.completePartsOperation);
  post('multipart/abort', abortParts, operations.abortPartsOperation);
}

/** The methods of the paths that UploadKit shares: `/files`, and `/files/{key}` with the key URL-encoded. */
export function uploadkitFiles(base: string, api: FileApi): { list: Methods; one: Methods } {
  return {
    list: {
      GET: {
        handler: (exchange) => listFiles(exchange, api),
        operation: documented(base, operations.listOperation),
      },
      DELETE: {
        handler: (exchange) => deleteFiles(exchange, api),
        operation: documented(base, operations.deleteManyOperation),
      },
    },
    one: {
      DELETE: {
        handler: (exchange, { id = '' }) => deleteFile(exchange, api, id),
        operation: documented(base, operations.deleteOperation),
      },
    },
  };
}
