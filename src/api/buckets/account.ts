import { mostBytes } from '../../core/objects/quotas.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import type { BucketApi } from './api.ts';

/** `GET /v1/account`: what the account may do, and what it did in the current period. */
export async function readAccount(exchange: Exchange, api: BucketApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const { id, name, plan: planName } = account;
  const plan = await api.plans.find(planName);
  const { storedBytes, storedObjects } = await api.accounts.usage(account);
  const { period, requests, bytesIn, bytesOut } = await api.traffic.current(id);
  return replyJson(exchange, 200, {
    id,
    name,
    plan: planName,
    limits: {
      storageBytes: plan.maxStoredBytes,
      maxObjectBytes: mostBytes(plan, api.maxObjectSize),
      requestsPerMinute: api.requestsPerMinute,
    },
    usage: { period, storageBytes: storedBytes, objectCount: storedObjects, requests, bytesIn, bytesOut },
  });
}
