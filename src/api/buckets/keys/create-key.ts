import { Type } from '@sinclair/typebox';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { keyEndpoint } from '../endpoints.ts';
import { createKeyBody, readCreateKey } from '../requests.ts';
import { CreatedApiKey } from '../schemas.ts';
import { keyJson, path } from './key-json.ts';

const createKey = keyEndpoint({
  method: 'POST',
  path,
  operationId: 'createKey',
  summary: 'Create a key',
  description: 'The response has the secret, which is not shown again.',
  headers: idempotency.requestHeaders,
  body: { schema: createKeyBody, example: { name: 'ci' } },
  responses: {
    201: {
      description: 'The key. No other response has the secret.',
      body: CreatedApiKey,
      headers: { 'cache-control': Type.String({ description: 'no-store' }), ...idempotency.responseHeaders },
    },
  },
});

export const create = ({ apiKeys }: BucketApi) =>
  createKey.byAccount(async (exchange, account) => {
    const body = await readSmallBody(exchange);
    const { name = null } = readCreateKey(body);
    const { result } = await writeOnce(exchange, body, (seal) => apiKeys.issue(account, name, seal));
    const created = { ...keyJson(result.key), key: result.secret };
    return createKey.answer(exchange, 201, created, { 'cache-control': 'no-store' });
  });
