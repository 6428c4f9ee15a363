import { Type } from '@sinclair/typebox';
import type { StoredObject } from '../../../core/ports/buckets/object-store.ts';
import { idempotency } from '../../shared/endpoints/idempotency-key.ts';
import type { Exchange } from '../../shared/exchange.ts';
import { encodeKey } from '../../shared/file-api.ts';
import { ObjectDescription } from '../schemas.ts';

const headers = {
  etag: Type.String({ description: 'The ETag of this version of the object.' }),
  ...idempotency.responseHeaders,
};

/** The response to a write that replaced an object, or that has no path of the object. */
export const written = {
  description: 'The object.',
  body: ObjectDescription,
  headers,
  name: 'ObjectWritten',
};

/** The response to a write that created an object. */
export const created = {
  ...written,
  description: 'The new object.',
  headers: { ...headers, location: Type.String({ description: 'The path of the object.' }) },
  name: 'ObjectCreated',
};

export function headersOfWritten({ etag }: StoredObject) {
  return { etag: `"${etag}"` };
}

export function headersOfCreated({ basePath }: Exchange, bucket: string, object: StoredObject) {
  const location = `${basePath}/v1/buckets/${bucket}/objects/${encodeKey(object.key)}`;
  return { ...headersOfWritten(object), location };
}
