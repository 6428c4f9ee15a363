import { type Static, Type } from '@sinclair/typebox';
import { queryIn } from '../../shared/endpoints/query.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import type { Exchange } from '../../shared/exchange.ts';
import { bucketParams, bucketPath } from '../buckets/bucket-json.ts';

export const uploadsPath = `${bucketPath}/uploads`;
export const uploadPath = `${uploadsPath}/:upload_id`;
export const uploadParams = Type.Object({
  ...bucketParams.properties,
  upload_id: Type.String({ $id: 'object_upload_id', description: 'The id of the upload.' }),
});
export const uploadQuery = Type.Object({
  key: optionalText('The key of the object. It must be the key that the upload started with.'),
});

/** What identifies an upload in a request. */
export function uploadReference(exchange: Exchange, { bucket, upload_id }: Static<typeof uploadParams>) {
  return { bucketName: bucket, uploadId: upload_id, ...queryIn(exchange, uploadQuery) };
}
