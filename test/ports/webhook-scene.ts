import { newHashId } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/accounts/account-store.ts';
import type { FileRouteStore } from '../../src/core/ports/files/file-route-store.ts';
import type { IdempotencyStore, Seal } from '../../src/core/ports/idempotency-store.ts';
import type { Outbox } from '../../src/core/ports/webhooks/outbox.ts';
import type { StoredWebhook, WebhookStore } from '../../src/core/ports/webhooks/webhook-store.ts';
import { claimerOf, leaseTime } from './claims.ts';
import { someAccount } from './some-object.ts';

export const now = Date.UTC(2025, 2, 1);

export type WebhookStoreUnderTest = {
  webhooks: WebhookStore;
  outbox: Outbox;
  accounts: AccountStore;
  fileRoutes: FileRouteStore;
  idempotency: IdempotencyStore;
  /** Announces an event to the webhooks of an account, in its own transaction. */
  announce(accountId: string, event: string, subject: string, at: number, body: () => string): Promise<void>;
};

/** A limit that no test reaches. */

export type WebhookScene = Awaited<ReturnType<typeof webhookScene>>;

/** Two accounts without webhooks, and operations on the webhooks of the first one. */
export async function webhookScene(opened: WebhookStoreUnderTest) {
  const { webhooks: store, outbox } = opened;
  const [account, other] = [someAccount(), someAccount()];
  for (const each of [account, other]) await opened.accounts.insert(each);
  const [accountId, otherId] = [account.id, other.id];
  const webhookOf = (given: Partial<StoredWebhook> = {}): StoredWebhook => ({
    id: `wh_${newHashId()}`,
    accountId,
    url: 'https://example.com/hook',
    events: ['object.created', 'object.deleted'],
    active: true,
    createdAt: now,
    ...given,
  });
  async function insert(given: Partial<StoredWebhook> = {}): Promise<StoredWebhook> {
    const webhook = webhookOf(given);
    await store.insert(webhook, 1000);
    return webhook;
  }
  const announce = (subject = 'bucket/key', at = now, event = 'object.created') =>
    opened.announce(accountId, event, subject, at, () => '{}');
  const claimer = claimerOf(outbox);
  const claim = (at = now) => claimer.claim(at);
  const { delivered, failed } = claimer;
  const deliveriesTo = async (webhookId: string) =>
    (await store.deliveries(webhookId, undefined, 100)).map(({ id }) => id).toReversed();
  /** A claimed Idempotency-Key, and whether its answer was kept. */
  async function request<Result>(): Promise<{ seal: Seal<Result>; answer: () => Promise<unknown> }> {
    const record = {
      ...{ id: newHashId(), fingerprint: 'f', holder: 'h', answer: null },
      expiresAt: now + 60_000,
    };
    await opened.idempotency.claim(record, now, leaseTime);
    return {
      seal: (result) => ({ id: record.id, holder: 'h', sealed: Buffer.from(JSON.stringify(result)) }),
      answer: async () => {
        const { answer } = await opened.idempotency.claim(record, now, leaseTime);
        return answer === null ? undefined : JSON.parse(Buffer.from(answer).toString());
      },
    };
  }
  return {
    ...{ opened, store, outbox, accountId, otherId },
    ...{ webhookOf, insert, announce, claim, delivered, failed, deliveriesTo, request },
  };
}
