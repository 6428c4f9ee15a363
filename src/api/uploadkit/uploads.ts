import type { Static } from '@sinclair/typebox';
import { Failure } from '../../core/failure.ts';
import type { ConfirmOptions } from '../../core/objects/confirmations.ts';
import { requireAdmitted } from '../../core/objects/file-routes.ts';
import { requireMetadata } from '../../core/objects/metadata.ts';
import type { FileRequest } from '../../core/objects/uploads.ts';
import type { StoredAccount } from '../../core/ports/account-store.ts';
import type { StoredObject } from '../../core/ports/object-store.ts';
import type { StoredUpload } from '../../core/ports/upload-store.ts';
import { webhookEvent } from '../../core/webhooks/events.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import { contentAddress, type FileApi, uploadAddress } from '../shared/file-api.ts';
import { fileIdOf, idInFileId, uploadIdOf } from '../shared/file-ids.ts';
import { countCall } from '../shared/rate-limits.ts';
import { readSmallBody } from '../shared/request-body.ts';
import { fileOf } from './file.ts';
import {
  readAbortBody,
  readCompleteBody,
  readCompletePartsBody,
  readRequestBody,
  type requestBody,
} from './requests.ts';

/** Ten thousand parts, each with a number and an ETag (bytes). */
const longestPartsBody = 4 * 1024 * 1024;
/** A list of ten thousand objects with two members each, within an object. */
const partsBounds = { depth: 3, members: 30_010 };

/** `POST /upload/request`: docs/contract/uploadkit.md, "Requesting an upload". */
export async function requestUpload(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account, file } = await admitted(exchange, api);
  const { upload, target } = await api.uploads.reserve(account, file);
  return replyJson(exchange, 200, {
    fileId: fileIdOf(upload.id),
    uploadUrl: uploadAddress(api, target),
    cdnUrl: contentAddress(api, upload.key),
    key: upload.key,
  });
}

/**
 * `POST /upload/complete`: docs/contract/uploadkit.md, "Completing an upload". Again is fine, and answers the same.
 */
export async function completeUpload(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'uploadkit');
  const { fileId, metadata } = readCompleteBody(await readSmallBody(exchange));
  const id = idInFileId(fileId);
  return replyFile(exchange, api, account, id, async () =>
    api.confirmations.confirm(account, id, await optionsFor(api, account, id, metadata)),
  );
}

/** `POST /upload/multipart/init`: as a request, for a file that comes in parts of 5 MiB. */
export async function initParts(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account, file } = await admitted(exchange, api);
  const { upload, parts } = await api.uploads.reserveInParts(account, file);
  return replyJson(exchange, 200, {
    fileId: fileIdOf(upload.id),
    uploadId: uploadIdOf(upload.id),
    key: upload.key,
    parts: parts.map(({ number, target }) => ({ partNumber: number, uploadUrl: uploadAddress(api, target) })),
  });
}

/** `POST /upload/multipart/complete`. Again is fine, and answers the same. */
export async function completeParts(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'uploadkit');
  const { fileId, uploadId, parts, metadata } = readCompletePartsBody(
    await readSmallBody(exchange, longestPartsBody, partsBounds),
  );
  const id = partsId(fileId, uploadId);
  const named = parts.map(({ partNumber, etag }) => ({ number: partNumber, etag }));
  return replyFile(exchange, api, account, id, async () =>
    api.confirmations.complete(account, id, named, await optionsFor(api, account, id, metadata)),
  );
}

/** `POST /upload/multipart/abort`. */
export async function abortParts(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'uploadkit');
  const { fileId, uploadId } = readAbortBody(await readSmallBody(exchange));
  await api.uploads.abort(account, partsId(fileId, uploadId));
  return replyJson(exchange, 200, { success: true });
}

/** A request for an upload that its file route lets in. */
async function admitted(
  exchange: Exchange,
  api: FileApi,
): Promise<{ account: StoredAccount; file: FileRequest }> {
  const { account, key } = requireCredential(exchange, 'uploadkit');
  await countCall(exchange, api.limits.presign, key.id, api.clock);
  const fields = readRequestBody(await readSmallBody(exchange));
  const route = await api.fileRoutes.find(account, fields.routeSlug);
  const file = fileRequestOf(fields);
  requireAdmitted(route, file);
  return { account, file };
}

function fileRequestOf(fields: Static<typeof requestBody>): FileRequest {
  return {
    name: fields.fileName,
    mediaType: fields.contentType,
    size: fields.fileSize,
    keyPrefix: 'uploads/',
    isPublic: true,
    metadata: fields.metadata,
    route: fields.routeSlug,
  };
}

/** The metadata of the request and that of the completion together, for the file and for the route's webhook. */
async function optionsFor(
  api: FileApi,
  account: StoredAccount,
  id: string,
  more: Record<string, unknown> | undefined,
): Promise<ConfirmOptions> {
  // Bad input is told as such, whether or not there is an upload.
  requireMetadata(more ?? null);
  const upload = await api.uploads.find(account, id);
  const webhook = await webhookOf(api, account, upload);
  const metadata = upload.metadata || more ? { ...upload.metadata, ...more } : null;
  return {
    metadata,
    event: (object) =>
      webhook &&
      webhookEvent(
        webhook.id,
        'upload.completed',
        { file: fileOf(api, object), metadata: metadata ?? {}, routeSlug: upload.route },
        object.createdAt,
      ),
  };
}

/** The route may have been deleted since: then nobody is told. */
async function webhookOf({ fileRoutes }: FileApi, account: StoredAccount, { route }: StoredUpload) {
  if (route === null) return undefined;
  try {
    return (await fileRoutes.find(account, route)).webhook ?? undefined;
  } catch (error) {
    if (error instanceof Failure && error.code === 'route_not_found') return undefined;
    throw error;
  }
}

/** Answers with a file that is confirmed now, or was before. */
async function replyFile(
  exchange: Exchange,
  api: FileApi,
  account: StoredAccount,
  id: string,
  confirm: () => Promise<StoredObject>,
): Promise<Response> {
  const object = await confirm().catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'upload_not_found') return api.objects.find(account, id);
    throw error;
  });
  const file = fileOf(api, object);
  return replyJson(exchange, 200, { ...file, file });
}

function partsId(fileId: string, uploadId: string): string {
  const id = idInFileId(fileId);
  return uploadIdOf(id) === uploadId ? id : '';
}
