import { Type } from '@sinclair/typebox';
import { formatTime } from '../../core/expiry.ts';
import { contentAddress, type FileApi, grantedAddress } from '../shared/file-api.ts';
import { idInFileId } from '../shared/file-ids.ts';
import { endpoint } from './endpoints.ts';
import { Download, FileId } from './schemas.ts';

const downloadFile = endpoint({
  method: 'GET',
  path: '/files/:id/download',
  operationId: 'downloadFile',
  summary: 'Get the URL of the content; that of a private file is valid for an hour',
  description: 'A public file has the same URL each time.',
  params: Type.Object({ id: FileId }),
  responses: { 200: { description: 'The URL.', body: Download } },
  errors: [404],
});

export const download = (api: FileApi) =>
  downloadFile.byAccount(async (exchange, account, { id }) => {
    const object = await api.files.find(account, idInFileId(id));
    if (object.isPublic)
      return downloadFile.answer(exchange, 200, { download_url: contentAddress(api, object.key) }, {});
    const grant = api.files.grant(object);
    const body = {
      download_url: grantedAddress(api, object.key, grant),
      expires_at: formatTime(grant.expiresAt),
    };
    return downloadFile.answer(exchange, 200, body, {});
  });
