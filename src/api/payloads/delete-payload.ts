import { Type } from '@sinclair/typebox';
import { deleted } from '../shared/endpoints/endpoint-definition.ts';
import { idempotency, writeOnce } from '../shared/endpoints/idempotency-key.ts';
import { optionalText } from '../shared/endpoints/schemas.ts';
import type { PayloadApi } from './api.ts';
import { endpoint } from './endpoints.ts';
import { HashId } from './schemas.ts';

const deletePayload = endpoint({
  method: 'DELETE',
  path: '/api/v1/payloads/:hash_id',
  operationId: 'deletePayload',
  summary: 'Delete a payload',
  description: 'Without a delete token, everybody who knows the id can delete a payload.',
  params: Type.Object({ hash_id: HashId }),
  headers: Type.Object({
    'X-Delete-Token': optionalText('The delete token, if the payload has one.'),
    ...idempotency.requestHeaders.properties,
  }),
  responses: { 204: deleted },
  errors: [404],
});

export const remove = ({ payloads }: PayloadApi) =>
  deletePayload.by(async (exchange, { hash_id }) => {
    const token = exchange.request.headers.get('x-delete-token') ?? undefined;
    await writeOnce(exchange, undefined, (seal) => payloads.remove(hash_id, token, seal));
    return deletePayload.answer(exchange, 204, null, {});
  });
