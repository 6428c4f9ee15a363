import { Type } from '@sinclair/typebox';
import { endpointsOf } from '../shared/endpoint.ts';
import { PayloadError } from './schemas.ts';

/** Makes the endpoints of the payload API. */
export const endpoint = endpointsOf({ tag: 'payloads', error: PayloadError });

/** The request header of writes that are safe to repeat (docs/contract/shared.md, "Idempotency"). */
export const idempotencyKeyHeader = Type.Optional(
  Type.String({
    description: 'Makes the request safe to repeat. The server keeps the first response for 24 hours.',
    minLength: 1,
    maxLength: 255,
  }),
);

/** The response header of such writes. */
export const idempotencyReplayed = {
  'idempotency-replayed': Type.Optional(
    Type.String({ description: 'true if this is the first response, sent again.' }),
  ),
};
