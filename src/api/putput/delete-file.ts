import { Type } from '@sinclair/typebox';
import type { FileApi } from '../shared/file-api.ts';
import { idInFileId } from '../shared/file-ids.ts';
import { endpoint } from './endpoints.ts';
import { FileId } from './schemas.ts';

const deleteFile = endpoint({
  method: 'DELETE',
  path: '/files/:id',
  operationId: 'deleteFile',
  summary: 'Delete a file',
  description: 'Its content cannot be read from then on.',
  params: Type.Object({ id: FileId }),
  responses: { 200: { description: 'Deleted.', body: Type.Object({ success: Type.Literal(true) }) } },
  errors: [404],
});

export const remove = ({ files }: FileApi) =>
  deleteFile.byAccount(async (exchange, account, { id }) => {
    await files.remove(await files.find(account, idInFileId(id)));
    return deleteFile.answer(exchange, 200, { success: true }, {});
  });
