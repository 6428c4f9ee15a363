import { Type } from '@sinclair/typebox';
import { deletionFailure } from '../../../core/buckets/bucket-objects.ts';
import type { JsonBounds } from '../../shared/bodies/json-scan.ts';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { deleted } from '../../shared/endpoints/endpoint-definition.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { bucketParams } from '../buckets/bucket-json.ts';
import { objectEndpoint } from '../endpoints.ts';
import { codeOf } from '../errors.ts';
import { batchDeleteBody, readBatchDelete } from '../requests.ts';
import { DeletedObjects } from '../schemas.ts';
import { conditionsIn, writeConditionHeaders } from './object-headers.ts';
import { keyInPath, objectParams, objectPath, objectsPath } from './object-path.ts';

const deleteObject = objectEndpoint({
  method: 'DELETE',
  path: objectPath,
  operationId: 'deleteObject',
  summary: 'Delete an object',
  description: 'An object that does not exist is 404.',
  params: objectParams,
  headers: Type.Object({ ...writeConditionHeaders, ...idempotency.requestHeaders.properties }),
  responses: { 204: deleted },
  errors: [404, 412],
});

export const remove = ({ bucketObjects }: BucketApi) =>
  deleteObject.byAccount(async (exchange, account, { bucket }) => {
    const key = keyInPath(exchange.path);
    const conditions = conditionsIn(exchange.request.headers);
    await writeOnce(exchange, undefined, (seal) =>
      bucketObjects.remove(account, bucket, key, conditions, seal),
    );
    return deleteObject.answer(exchange, 204, null, {});
  });

/** Room for a thousand keys of maximum length, escaped (bytes). */
const maxKeysBody = 8 * 1024 * 1024;
/** A list of up to a thousand keys in an object, with room for the error about more. */
const keysBounds: JsonBounds = { depth: 2, members: 1010 };

const deleteObjects = objectEndpoint({
  method: 'POST',
  path: `${objectsPath}/batch-delete`,
  operationId: 'deleteObjects',
  summary: 'Delete up to 1000 objects',
  description: 'A key without an object counts as an error. The other objects are deleted.',
  params: bucketParams,
  headers: idempotency.requestHeaders,
  body: { schema: batchDeleteBody },
  responses: {
    200: {
      description: 'The keys of the deleted objects, and an error for each other key.',
      body: DeletedObjects,
      headers: idempotency.responseHeaders,
    },
  },
  errors: [404],
});

/** Any other method at this path applies to the object with the key `batch-delete`: mount it open-ended. */
export const removeMany = ({ bucketObjects }: BucketApi) =>
  deleteObjects.byAccount(async (exchange, account, { bucket }) => {
    const body = await readSmallBody(exchange, maxKeysBody, keysBounds);
    const { keys } = readBatchDelete(body);
    const { result: deletedKeys } = await writeOnce(exchange, body, (seal) =>
      bucketObjects.removeMany(account, bucket, keys, seal),
    );
    const errors = [...new Set(keys).difference(new Set(deletedKeys))].map((key) => {
      const { code, message } = deletionFailure(key);
      return { key, code: codeOf(code), message };
    });
    return deleteObjects.answer(exchange, 200, { deleted: deletedKeys, errors }, {});
  });
