import { Failure, invalid } from '../failure.ts';
import type { Idempotency, IdempotentRequest, Outcome } from '../idempotency.ts';
import { newHashId } from '../ids.ts';
import type { RemoteCaller, RemoteCalls } from '../limits/remote-calls.ts';
import { cursorScopes, maxListed, type Page, type PageRequest, readPage } from '../paging.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Outbound } from '../ports/outbound.ts';
import type {
  StoredDelivery,
  StoredWebhook,
  WebhookChanges,
  WebhookPosition,
  WebhookStore,
} from '../ports/webhook-store.ts';
import type { Signer } from '../signing.ts';
import { objectEvents } from './events.ts';

/** Without a list of events, the webhook receives all. */
export type NewWebhook = { url: string; events?: string[] };

type CreatedWebhook = StoredWebhook & { signingSecret: string };

type WebhookDeps = {
  store: WebhookStore;
  outbound: Outbound;
  remoteCalls: RemoteCalls;
  /** The secret of a webhook, `whsec_…`. */
  secretOf: (webhookId: string) => string;
};

const maxWebhooks = 20;
const maxUrlLength = 2048;
/** The number of deliveries that one write abandons, so that no other write waits for long. */
const abandonBatch = 500;

/** The webhooks of accounts for the events of their objects, and their deliveries. */
export class Webhooks {
  readonly #store: WebhookStore;
  readonly #outbound: Outbound;
  readonly #remoteCalls: RemoteCalls;
  readonly #secretOf: (webhookId: string) => string;
  readonly #idempotency: Idempotency;
  readonly #signer: Signer;
  readonly #clock: Clock;

  constructor(
    { store, outbound, remoteCalls, secretOf }: WebhookDeps,
    idempotency: Idempotency,
    signer: Signer,
    clock: Clock,
  ) {
    this.#store = store;
    this.#outbound = outbound;
    this.#remoteCalls = remoteCalls;
    this.#secretOf = secretOf;
    this.#idempotency = idempotency;
    this.#signer = signer;
    this.#clock = clock;
  }

  /**
   * Adds a webhook. Only this returns its secret, and a replay of it.
   *
   * @throws Failure `invalid`, `objects_exceeded`, `rate_limited`, `idempotency_…`
   */
  async create(
    caller: RemoteCaller,
    { url, events = [...objectEvents] }: NewWebhook,
    once?: IdempotentRequest,
  ): Promise<Outcome<CreatedWebhook>> {
    const { result, replayed } = await this.#idempotency.once<StoredWebhook>(once, async (seal) => {
      requireEvents(events);
      await this.#requireCallable(caller, url);
      const webhook: StoredWebhook = {
        id: `wh_${newHashId()}`,
        accountId: caller.account.id,
        url,
        events,
        active: true,
        createdAt: this.#clock(),
      };
      if ((await this.#store.insert(webhook, maxWebhooks, seal)) === 'limit_reached')
        throw new Failure('objects_exceeded', `The limit of ${maxWebhooks} webhooks is reached`);
      return webhook;
    });
    return { result: { ...result, signingSecret: this.#secretOf(result.id) }, replayed };
  }

  /** @throws Failure `webhook_not_found`, also for a webhook of another account */
  async find(account: StoredAccount, id: string): Promise<StoredWebhook> {
    const webhook = await this.#store.find(account.id, id);
    if (webhook === undefined) throw webhookNotFound();
    return webhook;
  }

  /** A page of the webhooks of an account, the oldest first. @throws Failure `invalid` */
  list({ id: accountId }: StoredAccount, page: PageRequest): Promise<Page<StoredWebhook>> {
    return readPage(this.#signer, page, {
      scope: cursorScopes.webhooks(accountId),
      maxLimit: maxListed,
      read: (position, count) => {
        const after = position === undefined ? undefined : positionIn(position);
        return this.#store.list(accountId, after, count);
      },
      positionAfter: ({ createdAt, id }) => `${createdAt} ${id}`,
    });
  }

  /**
   * Changes the given fields. An inactive webhook gets no new events, and its pending deliveries fail.
   *
   * @throws Failure `webhook_not_found`, `invalid`, `rate_limited`, `idempotency_…`
   */
  update(
    caller: RemoteCaller,
    id: string,
    { url, events, active }: WebhookChanges,
    once?: IdempotentRequest,
  ): Promise<Outcome<StoredWebhook>> {
    const { account } = caller;
    return this.#idempotency.once(once, async (seal) => {
      await this.find(account, id);
      if (events !== undefined) requireEvents(events);
      if (url !== undefined) await this.#requireCallable(caller, url);
      const changes = {
        ...(url !== undefined && { url }),
        ...(events !== undefined && { events }),
        ...(active !== undefined && { active }),
      };
      const webhook = await this.#store.update(account.id, id, changes, seal);
      if (webhook === 'webhook_gone') throw webhookNotFound();
      if (active === false) await this.#abandonPending(id);
      return webhook;
    });
  }

  /** @throws Failure `webhook_not_found`, `idempotency_…` */
  remove(account: StoredAccount, id: string, once?: IdempotentRequest): Promise<Outcome<null>> {
    return this.#idempotency.once<null>(once, async (seal) => {
      if (!(await this.#store.remove(account.id, id, seal))) throw webhookNotFound();
      return null;
    });
  }

  /** A page of the deliveries of a webhook, the newest first. @throws Failure `webhook_not_found`, `invalid` */
  async deliveries(
    account: StoredAccount,
    webhookId: string,
    page: PageRequest,
  ): Promise<Page<StoredDelivery>> {
    await this.find(account, webhookId);
    return readPage(this.#signer, page, {
      scope: cursorScopes.deliveries(webhookId),
      maxLimit: maxListed,
      read: (position, count) => {
        // Cursors of earlier versions contain numbers.
        const before = position === undefined ? undefined : String(position);
        return this.#store.deliveries(webhookId, before, count);
      },
      positionAfter: ({ position }) => position,
    });
  }

  /**
   * Tries a delivery again, whatever its status: now, or as soon as older ones about the same object have ended. It has
   * the rest of its 24 hours, and at least one try.
   *
   * @throws Failure `webhook_not_found`, `delivery_not_found`, `invalid` for an inactive webhook, `idempotency_…`
   */
  async redeliver(
    account: StoredAccount,
    webhookId: string,
    id: string,
    once?: IdempotentRequest,
  ): Promise<Outcome<StoredDelivery>> {
    return this.#idempotency.once<StoredDelivery>(once, async (seal) => {
      const delivery = await this.#store.redeliver(account.id, webhookId, id, this.#clock(), seal);
      if (delivery === 'webhook_gone') throw webhookNotFound();
      if (delivery === 'delivery_gone') throw new Failure('delivery_not_found', 'There is no such delivery');
      if (delivery === 'webhook_inactive')
        throw new Failure('invalid', 'The webhook is not active: set active to true first');
      return delivery;
    });
  }

  async #requireCallable(caller: RemoteCaller, url: string): Promise<void> {
    const mayCall = () => this.#remoteCalls.during(caller, () => this.#outbound.mayCall(url));
    if (url.length > maxUrlLength || !(await mayCall()))
      throw invalid('url', 'must be an http or https URL with a public address');
  }

  async #abandonPending(id: string): Promise<void> {
    while ((await this.#store.abandonPending(id, abandonBatch)) === abandonBatch);
  }
}

function requireEvents(events: string[]): void {
  const isKnown = events.every((event) => objectEvents.some((known) => known === event));
  if (events.length === 0 || !isKnown || new Set(events).size < events.length)
    throw invalid('events', `must be a list of some of ${objectEvents.join(', ')}, each once`);
}

function webhookNotFound(): Failure {
  return new Failure('webhook_not_found', 'There is no such webhook');
}

function positionIn(cursor: number | string): WebhookPosition {
  const [createdAt, id = ''] = String(cursor).split(' ');
  return { createdAt: Number(createdAt), id };
}
