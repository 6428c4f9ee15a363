import { readSmallBody } from '../shared/bodies/request-body.ts';
import type { FileApi } from '../shared/file-api.ts';
import { idInUploadId } from '../shared/file-ids.ts';
import { endpoint } from './endpoints.ts';
import { fileOf } from './file.ts';
import { confirmBody, readConfirmBody } from './requests.ts';
import { OneFile } from './schemas.ts';

const confirmUpload = endpoint({
  method: 'POST',
  path: '/upload/confirm',
  operationId: 'confirmUpload',
  summary: 'Turn an upload into a file',
  description: 'The PUT comes first. An upload can be confirmed once.',
  body: { schema: confirmBody },
  responses: { 200: { description: 'The file.', body: OneFile } },
  errors: [404, 507],
});

export const confirm = (api: FileApi) =>
  confirmUpload.byAccount(async (exchange, account) => {
    const { upload_id } = readConfirmBody(await readSmallBody(exchange));
    const object = await api.confirmations.confirm(account, idInUploadId(upload_id));
    return confirmUpload.answer(exchange, 200, { file: fileOf(api, object) }, {});
  });
