import { maxBytes } from '../../core/files/quotas.ts';
import type { BucketApi } from './api.ts';
import { accountEndpoint } from './endpoints.ts';
import { Account } from './schemas.ts';

const readAccount = accountEndpoint({
  method: 'GET',
  path: '/v1/account',
  operationId: 'readAccount',
  summary: 'The account, its limits, and its usage in the current period',
  description: 'Stored bytes and objects are exact; the other counters lag by about a second.',
  responses: {
    200: {
      description: 'The account. Bytes and objects are exact; the other counters lag by seconds.',
      body: Account,
    },
  },
  errors: [401, 403, 503],
});

export const read = (api: BucketApi) =>
  readAccount.byAccount(async (exchange, account) => {
    const { id, name, plan: planName } = account;
    const plan = await api.plans.find(planName);
    const { storedBytes, storedObjects } = await api.accounts.usage(account);
    const { period, requests, bytesIn, bytesOut } = await api.traffic.current(id);
    const limits = {
      storageBytes: plan.maxStoredBytes,
      maxObjectBytes: maxBytes(plan, api.maxObjectSize),
      requestsPerMinute: api.requestsPerMinute,
    };
    const usage = {
      period,
      storageBytes: storedBytes,
      objectCount: storedObjects,
      requests,
      bytesIn,
      bytesOut,
    };
    // Only named accounts have keys of this API.
    const body = { id, name: name ?? '', plan: planName, limits, usage };
    return readAccount.answer(exchange, 200, body, {});
  });
