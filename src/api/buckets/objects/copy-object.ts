import { Type } from '@sinclair/typebox';
import { describeObject } from '../../../core/buckets/object-events.ts';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { requireCredential } from '../../shared/credential.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { allowedMethods, type Methods } from '../../shared/endpoints/resource.ts';
import type { Exchange } from '../../shared/exchange.ts';
import type { BucketApi } from '../api.ts';
import { objectEndpoint } from '../endpoints.ts';
import { copyBody, readCopy } from '../requests.ts';
import { conditionsIn, writeConditionHeaders } from './object-headers.ts';
import { copySuffix, keyInCopyPath, objectParams, objectPath } from './object-path.ts';
import { created, headersOfCreated } from './written-object.ts';

const copyObject = objectEndpoint({
  method: 'POST',
  path: objectPath,
  pathSuffix: copySuffix,
  operationId: 'copyObject',
  summary: 'Copy an object',
  description: 'The copy keeps type, coding, metadata and expiry. The conditions apply to the destination.',
  params: objectParams,
  headers: Type.Object({ ...writeConditionHeaders, ...idempotency.requestHeaders.properties }),
  body: { schema: copyBody },
  responses: { 201: created },
  errors: [404, 405, 412, 413],
});

/** Another path of an object does not accept POST. @param allowed Returns the `Allow` header. */
export const copy = ({ objectCopies }: BucketApi, allowed: (exchange: Exchange) => string) =>
  copyObject.by(async (exchange, { bucket }) => {
    const key = keyInCopyPath(exchange.path);
    if (key === undefined)
      return copyObject.pass(exchange.errors.methodNotAllowed(exchange, allowed(exchange)));
    const { account } = requireCredential(exchange, 'storage');
    const body = await readSmallBody(exchange);
    const { destinationBucket = bucket, destinationKey } = readCopy(body);
    const conditions = conditionsIn(exchange.request.headers);
    const source = { bucketName: bucket, key };
    const destination = { bucketName: destinationBucket, key: destinationKey, conditions };
    const { result } = await writeOnce(exchange, body, (seal) =>
      objectCopies.copy(account, source, destination, seal),
    );
    const { object } = result;
    const headers = headersOfCreated(exchange, destinationBucket, object);
    return copyObject.answer(exchange, 201, describeObject(destinationBucket, object), headers);
  });

const hasPost = /\/objects\/(?:batch-delete|.+\/copy)$/;

/** The `Allow` header for the path of an object. @param methods Those of every object. */
export function allowedAt(path: string, methods: Methods): string {
  const allowed = allowedMethods(methods);
  return hasPost.test(path) ? `${allowed}, POST` : allowed;
}
