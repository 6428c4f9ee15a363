import type { Static } from '@sinclair/typebox';
import { requireAdmitted } from '../../core/files/file-routes.ts';
import type { FileRequest } from '../../core/files/uploads.ts';
import type { StoredAccount, StoredKey } from '../../core/ports/accounts/account-store.ts';
import { readSmallBody } from '../shared/bodies/request-body.ts';
import type { Exchange } from '../shared/exchange.ts';
import { contentAddress, type FileApi, uploadAddress } from '../shared/file-api.ts';
import { fileIdOf, uploadIdOf } from '../shared/file-ids.ts';
import { countCall } from '../shared/rate-limits.ts';
import { endpoint } from './endpoints.ts';
import { readRequestBody, requestBody } from './requests.ts';
import { MultipartUpload, RequestedUpload } from './schemas.ts';

const requestUpload = endpoint({
  method: 'POST',
  path: '/api/v1/upload/request',
  operationId: 'requestUpload',
  summary: 'Get the URL to PUT a file to',
  description: 'Reserves the size. The file route defines which types and sizes are accepted.',
  body: { schema: requestBody },
  responses: {
    200: {
      description: 'The URL. PUT the bytes with exactly this Content-Type and length within an hour.',
      body: RequestedUpload,
    },
  },
  errors: [404, 507],
});

const initMultipartUpload = endpoint({
  method: 'POST',
  path: '/api/v1/upload/multipart/init',
  operationId: 'initMultipartUpload',
  summary: 'Get the URLs to PUT the parts of a file to',
  description: 'Each part has exactly 5 MiB, the last one has the rest.',
  body: { schema: requestBody },
  responses: {
    200: {
      description:
        'Parts of 5 MiB; the last one has the rest. The response to the PUT of each part has its ETag.',
      body: MultipartUpload,
    },
  },
  errors: [404, 507],
});

export const request = (api: FileApi) =>
  requestUpload.byAccount(async (exchange, account, _, key) => {
    const file = await admitted(exchange, api, account, key);
    const { upload, target } = await api.uploads.reserve(account, file);
    const body = {
      fileId: fileIdOf(upload.id),
      uploadUrl: uploadAddress(api, target),
      cdnUrl: contentAddress(api, upload.key),
      key: upload.key,
    };
    return requestUpload.answer(exchange, 200, body, {});
  });

export const initMultipart = (api: FileApi) =>
  initMultipartUpload.byAccount(async (exchange, account, _, key) => {
    const file = await admitted(exchange, api, account, key);
    const { upload, parts } = await api.uploads.reserveInParts(account, file);
    const body = {
      fileId: fileIdOf(upload.id),
      uploadId: uploadIdOf(upload.id),
      key: upload.key,
      parts: parts.map(({ number, target }) => ({
        partNumber: number,
        uploadUrl: uploadAddress(api, target),
      })),
    };
    return initMultipartUpload.answer(exchange, 200, body, {});
  });

/** The request, if its file route accepts it. */
async function admitted(
  exchange: Exchange,
  api: FileApi,
  account: StoredAccount,
  key: StoredKey,
): Promise<FileRequest> {
  await countCall(exchange, api.limits.presign, key.id, api.clock);
  const fields = readRequestBody(await readSmallBody(exchange));
  const route = await api.fileRoutes.find(account, fields.routeSlug);
  const file = fileRequestOf(fields);
  requireAdmitted(route, file);
  return file;
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
