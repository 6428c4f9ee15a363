import { queryIn } from '../../shared/endpoints/query.ts';
import type { BucketApi } from '../api.ts';
import { bucketEndpoint, bucketPageQuery } from '../endpoints.ts';
import { BucketPage } from '../schemas.ts';
import { bucketJson, path } from './bucket-json.ts';

const listBuckets = bucketEndpoint({
  method: 'GET',
  path,
  operationId: 'listBuckets',
  summary: 'List buckets, by name',
  description: 'All buckets of the account, in pages.',
  query: bucketPageQuery,
  responses: { 200: { description: 'A page of buckets.', body: BucketPage } },
  errors: [400],
});

export const list = ({ buckets }: BucketApi) =>
  listBuckets.byAccount(async (exchange, account) => {
    const page = await buckets.list(account, queryIn(exchange, bucketPageQuery));
    const body = { data: page.entries.map(bucketJson), nextCursor: page.cursor };
    return listBuckets.answer(exchange, 200, body, {});
  });
