import { readSmallBody } from '../shared/bodies/request-body.ts';
import type { FileApi } from '../shared/file-api.ts';
import { countCall } from '../shared/rate-limits.ts';
import { endpoint } from './endpoints.ts';
import { fileOf } from './file.ts';
import { attributesOf, fetchBody, readFetchBody } from './requests.ts';
import { OneFile } from './schemas.ts';

const uploadFromUrl = endpoint({
  method: 'POST',
  path: '/upload/url',
  operationId: 'uploadFromUrl',
  summary: 'Fetch a URL into a file',
  description:
    'The server fetches the URL. Name and type come from the request, otherwise from the response.',
  body: { schema: fetchBody },
  responses: { 200: { description: 'The file.', body: OneFile } },
  errors: [413, 507],
});

export const fetchUrl = (api: FileApi) =>
  uploadFromUrl.byAccount(async (exchange, account, _, key) => {
    await countCall(exchange, api.limits.presign, key.id, api.clock);
    const fields = readFetchBody(await readSmallBody(exchange));
    const object = await api.remoteFiles.fetchFrom({ account, address: exchange.client }, fields.url, {
      ...attributesOf(fields),
      name: fields.filename,
      mediaType: fields.content_type,
    });
    return uploadFromUrl.answer(exchange, 200, { file: fileOf(api, object) }, {});
  });
