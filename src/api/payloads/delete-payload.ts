import { Type } from '@sinclair/typebox';
import { idempotency, writeOnce } from '../shared/endpoints/idempotency-key.ts';
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
    'X-Delete-Token': Type.Optional(
      Type.String({ description: 'The delete token, if the payload has one.' }),
    ),
    ...idempotency.requestHeaders.properties,
  }),
  responses: { 204: { description: 'Deleted.', headers: idempotency.responseHeaders } },
  errors: [400, 403, 404, 409, 503],
});

export const remove = ({ payloads }: PayloadApi) =>
  deletePayload.by(async (exchange, { hash_id }) => {
    const token = exchange.request.headers.get('x-delete-token') ?? undefined;
    await writeOnce(exchange, undefined, (seal) => payloads.remove(hash_id, token, seal));
    return deletePayload.answer(exchange, 204, null, {});
  });
