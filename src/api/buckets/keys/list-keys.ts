import { queryIn } from '../../shared/endpoints/query.ts';
import type { BucketApi } from '../api.ts';
import { bucketPageQuery, keyEndpoint } from '../endpoints.ts';
import { ApiKeyPage } from '../schemas.ts';
import { keyJson, path } from './key-json.ts';

const listKeys = keyEndpoint({
  method: 'GET',
  path,
  operationId: 'listKeys',
  summary: 'List keys, the oldest first',
  description: 'The storage keys of the account, without their secrets.',
  query: bucketPageQuery,
  responses: { 200: { description: 'A page of keys.', body: ApiKeyPage } },
  errors: [400],
});

export const list = ({ apiKeys }: BucketApi) =>
  listKeys.byAccount(async (exchange, account) => {
    const page = await apiKeys.list(account, queryIn(exchange, bucketPageQuery));
    const body = { data: page.entries.map(keyJson), nextCursor: page.cursor };
    return listKeys.answer(exchange, 200, body, {});
  });
