import { Type } from '@sinclair/typebox';
import { invalid } from '../../core/failure.ts';
import { pageQuery, queryIn, searchOf } from '../shared/endpoints/query.ts';
import { optionalText } from '../shared/endpoints/schemas.ts';
import type { FileApi } from '../shared/file-api.ts';
import { endpoint } from './endpoints.ts';
import { fileOf } from './file.ts';
import { FilePage } from './schemas.ts';

const query = Type.Object({
  ...pageQuery(100),
  prefix: optionalText('How the file prefix begins.'),
  tag: optionalText('A tag of the files.'),
});

const listFiles = endpoint({
  method: 'GET',
  path: '/files',
  operationId: 'listFiles',
  summary: 'List files, newest first',
  description: 'All files of the account, in pages.',
  query,
  responses: { 200: { description: 'A page of files.', body: FilePage } },
  errors: [400],
});

export const list = (api: FileApi) =>
  listFiles.byAccount(async (exchange, account) => {
    // The service's client library can send it. Ignoring it would list the files of all projects.
    if (searchOf(exchange.request.url).has('project_id'))
      throw invalid('project_id', 'is not supported: this server has no projects');
    const { entries, cursor } = await api.files.list(account, queryIn(exchange, query));
    const files = entries.map((object) => fileOf(api, object));
    return listFiles.answer(exchange, 200, { files, cursor, has_more: cursor !== null }, {});
  });
