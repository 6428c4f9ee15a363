import { readSmallBody } from '../shared/bodies/request-body.ts';
import type { FileApi } from '../shared/file-api.ts';
import { endpoint } from './endpoints.ts';
import { idOfPartsUpload } from './file.ts';
import { abortBody, readAbortBody } from './requests.ts';
import { Success } from './schemas.ts';

const abortMultipartUpload = endpoint({
  method: 'POST',
  path: '/api/v1/upload/multipart/abort',
  operationId: 'abortMultipartUpload',
  summary: 'Abort an upload in parts',
  description: 'Releases the reserved size.',
  body: { schema: abortBody },
  responses: { 200: { description: 'Aborted.', body: Success } },
  errors: [404],
});

export const abortMultipart = ({ uploads }: FileApi) =>
  abortMultipartUpload.byAccount(async (exchange, account) => {
    const { fileId, uploadId } = readAbortBody(await readSmallBody(exchange));
    await uploads.abort(account, idOfPartsUpload(fileId, uploadId));
    return abortMultipartUpload.answer(exchange, 200, { success: true }, {});
  });
