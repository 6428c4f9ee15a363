import { Type } from '@sinclair/typebox';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { keyEndpoint } from '../endpoints.ts';
import { path } from './key-json.ts';

const revokeKey = keyEndpoint({
  method: 'DELETE',
  path: `${path}/:id`,
  operationId: 'revokeKey',
  summary: 'Revoke a key',
  description:
    'Takes effect immediately, also for the URLs that the key signed. The last key cannot be revoked.',
  params: Type.Object({ id: Type.String({ $id: 'key_id', description: 'The id of the key.' }) }),
  headers: idempotency.requestHeaders,
  responses: { 204: { description: 'Revoked.', headers: idempotency.responseHeaders } },
  errors: [404],
});

export const revoke = ({ apiKeys }: BucketApi) =>
  revokeKey.byAccount(async (exchange, account, { id }) => {
    const work = (seal?: Seal<null>) => apiKeys.revoke(account, id, seal);
    await writeOnce(exchange, undefined, work, { settles: true });
    return revokeKey.answer(exchange, 204, null, {});
  });
