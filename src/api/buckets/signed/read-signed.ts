import type { BucketApi } from '../api.ts';
import { signedUrlEndpoint } from '../endpoints.ts';
import { replyObject } from '../objects/object-content.ts';
import { keyInSignedPath, objectParams } from '../objects/object-path.ts';
import { download } from '../objects/read-object.ts';
import { grantIn, readQuery, signedPath } from './url-grant.ts';

const readSigned = signedUrlEndpoint({
  ...download,
  method: 'GET',
  path: `${signedPath}/:bucket/*`,
  operationId: 'readSigned',
  summary: 'Download an object from a signed URL',
  description: 'The query is part of the URL that signUrl returned. It must not change.',
  security: [],
  params: objectParams,
  query: readQuery,
  errors: [400, 404, 412, 416],
});

export const read = (api: BucketApi) =>
  readSigned.by(async (exchange, { bucket: name }) => {
    const key = keyInSignedPath(exchange.path);
    const { bucket } = await api.signedUrls.open(name, key, grantIn(exchange, 'GET'));
    api.traffic.note(bucket.accountId, 1, 0, 0);
    return readSigned.pass(replyObject(exchange, api, bucket, key));
  });
