import type { Elysia } from 'elysia';
import type { FileApi } from '../shared/file-api.ts';
import { documented } from '../shared/operation-parts.ts';
import { type Methods, mountResource } from '../shared/resource.ts';
import { deleteFile, downloadAddress, fileStats, listFiles } from './files.ts';
import { createGuest } from './guests.ts';
import { claimAccount, showClaim } from './login.ts';
import * as operations from './operations.ts';
import { confirm, fetchUrl, presign } from './uploads.ts';

export { putputErrors } from './errors.ts';
export { loginErrors } from './login-page.ts';

/**
 * Mounts PutPut (docs/contract/putput.md) under a base, but for the paths of `/files` that it shares with another
 * API.
 *
 * @param base `/api/v1`, or the older `/api`.
 */
export function mountPutput(app: Elysia, base: string, api: FileApi): void {
  mountResource(app, `${base}/auth/guest`, {
    POST: {
      handler: (exchange) => createGuest(exchange, api),
      operation: documented(base, operations.guestOperation),
    },
  });
  mountResource(app, `${base}/upload/presign`, {
    POST: {
      handler: (exchange) => presign(exchange, api),
      operation: documented(base, operations.presignOperation),
    },
  });
  mountResource(app, `${base}/upload/confirm`, {
    POST: {
      handler: (exchange) => confirm(exchange, api),
      operation: documented(base, operations.confirmOperation),
    },
  });
  mountResource(app, `${base}/upload/url`, {
    POST: {
      handler: (exchange) => fetchUrl(exchange, api),
      operation: documented(base, operations.fetchOperation),
    },
  });
  mountResource(app, `${base}/files/:id/download`, {
    GET: {
      handler: (exchange, { id = '' }) => downloadAddress(exchange, api, id),
      operation: documented(base, operations.downloadOperation),
    },
  });
  mountResource(app, `${base}/files/:id/stats`, {
    GET: {
      handler: (exchange, { id = '' }) => fileStats(exchange, api, id),
      operation: documented(base, operations.statsOperation),
    },
  });
}

/** The methods of the paths that PutPut shares: `/files` and `/files/{id}`. */
export function putputFiles(base: string, api: FileApi): { list: Methods; one: Methods } {
  return {
    list: {
      GET: {
        handler: (exchange) => listFiles(exchange, api),
        operation: documented(base, operations.listOperation),
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

/** The page to which a guest's `claim_url` leads. */
export function mountLogin(app: Elysia, api: FileApi): void {
  mountResource(app, '/login', {
    GET: { handler: (exchange) => showClaim(exchange, api), operation: operations.showClaimOperation },
    POST: { handler: (exchange) => claimAccount(exchange, api), operation: operations.claimOperation },
  });
}
