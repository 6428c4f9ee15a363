import { Type } from '@sinclair/typebox';
import { pageQuery, queryIn } from '../shared/endpoints/query.ts';
import type { FileApi } from '../shared/file-api.ts';
import { endpoint } from './endpoints.ts';
import { fileOf } from './file.ts';
import { FilePage } from './schemas.ts';

const query = Type.Object(pageQuery(100));

const listFiles = endpoint({
  method: 'GET',
  path: '/files',
  operationId: 'listUploads',
  summary: 'List files, newest first',
  description: 'All files of the account, in pages.',
  query,
  responses: { 200: { description: 'A page of files.', body: FilePage } },
  errors: [400],
});

export const list = (api: FileApi) =>
  listFiles.byAccount(async (exchange, account) => {
    const { entries, cursor } = await api.files.list(account, queryIn(exchange, query));
    const files = entries.map((object) => fileOf(api, object));
    return listFiles.answer(exchange, 200, { files, nextCursor: cursor }, {});
  });
