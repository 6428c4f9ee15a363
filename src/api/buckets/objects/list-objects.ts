import { Type } from '@sinclair/typebox';
import { describeObject } from '../../../core/buckets/object-events.ts';
import { objectKeyRule } from '../../shared/endpoints/core-rules.ts';
import { queryIn } from '../../shared/endpoints/query.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import type { BucketApi } from '../api.ts';
import { bucketParams } from '../buckets/bucket-json.ts';
import { bucketPageQuery, objectEndpoint } from '../endpoints.ts';
import { ObjectPage } from '../schemas.ts';
import { objectsPath } from './object-path.ts';

/** The maximum length is that of a key. A filter may be empty. */
const filterRule = { maxLength: objectKeyRule.maxLength };
const query = Type.Object({
  prefix: optionalText('How the keys begin.', filterRule),
  delimiter: optionalText(
    'Groups the keys that have it after the prefix. commonPrefixes has each group once.',
    filterRule,
  ),
  ...bucketPageQuery.properties,
});

const listObjects = objectEndpoint({
  method: 'GET',
  path: objectsPath,
  operationId: 'listObjects',
  summary: 'List objects, by key in byte order',
  description: 'All objects of the bucket, or those with a prefix, in pages.',
  params: bucketParams,
  query,
  responses: { 200: { description: 'A page of objects.', body: ObjectPage } },
  errors: [400, 404],
});

export const list = ({ buckets, objectLists }: BucketApi) =>
  listObjects.byAccount(async (exchange, account, { bucket }) => {
    const found = await buckets.find(account, bucket);
    const { objects, commonPrefixes, cursor } = await objectLists.list(found, queryIn(exchange, query));
    const data = objects.map((object) => describeObject(bucket, object));
    const body = { data, ...(commonPrefixes && { commonPrefixes }), nextCursor: cursor };
    return listObjects.answer(exchange, 200, body, {});
  });
