import { Failure, invalid } from '../failure.ts';
import { newHashId } from '../ids.ts';
import type { RemoteCaller, RemoteCalls } from '../limits/remote-calls.ts';
import { cursorScopes, maxListed, type Page, type PageRequest, readPage } from '../paging.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { Outbound } from '../ports/outbound.ts';
import type {
  StoredDelivery,
  StoredWebhook,
  WebhookChanges,
  WebhookPosition,
  WebhookStore,
} from '../ports/webhooks/webhook-store.ts';
import type { Signer } from '../signing.ts';
import { isStorable } from '../storable-text.ts';
import { objectEvents } from './events.ts';

/** Without a list of events, the webhook receives all. */
type NewWebhook = { url: string; events?: string[] };

type WebhooksDeps = {
  store: WebhookStore;
  outbound: Outbound;
  remoteCalls: RemoteCalls;
  signer: Signer;
  clock: Clock;
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
  /** The secret of a webhook, `whsec_…`. */
  readonly secretOf: (webhookId: string) => string;
  readonly #signer: Signer;
  readonly #clock: Clock;

  constructor(deps: WebhooksDeps) {
    this.#store = deps.store;
    this.#outbound = deps.outbound;
    this.#remoteCalls = deps.remoteCalls;
    this.secretOf = deps.secretOf;
    this.#signer = deps.signer;
    this.#clock = deps.clock;
  }

  /** @throws Failure `invalid`, `objects_exceeded`, `rate_limited` */
  async create(
    caller: RemoteCaller,
    { url, events = [...objectEvents] }: NewWebhook,
    seal?: Seal<StoredWebhook>,
  ): Promise<StoredWebhook> {
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
  }

  /** @throws Failure `webhook_not_found`, also for a webhook of another account */
  async find(account: StoredAccount, id: string): Promise<StoredWebhook> {
    const webhook = isStorable(id) ? await this.#store.find(account.id, id) : undefined;
    if (webhook === undefined) throw webhookNotFound();
    return webhook;
  }

  /** A page of the webhooks of an account, the oldest first. @throws Failure `invalid` */
  list({ id: accountId }: StoredAccount, page: PageRequest): Promise<Page<StoredWebhook>> {
    return readPage(this.#signer, page, {
      scope: cursorScopes.webhooks(accountId),
      maxLimit: maxListed,
      read: (position, count) =>
        this.#store.list(accountId, position === undefined ? undefined : positionIn(position), count),
      positionAfter: ({ createdAt, id }) => `${createdAt} ${id}`,
    });
  }

  /**
   * Changes the given fields. An inactive webhook gets no new events, and its pending deliveries fail.
   *
   * @throws Failure `webhook_not_found`, `invalid`, `rate_limited`
   */
  async update(
    caller: RemoteCaller,
    id: string,
    { url, events, active }: WebhookChanges,
    seal?: Seal<StoredWebhook>,
  ): Promise<StoredWebhook> {
    const { account } = caller;
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
  }

  /** @throws Failure `webhook_not_found` */
  async remove(account: StoredAccount, id: string, seal?: Seal<null>): Promise<void> {
    if (!isStorable(id) || !(await this.#store.remove(account.id, id, seal))) throw webhookNotFound();
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
      read: (before, count) => this.#store.deliveries(webhookId, before, count),
      positionAfter: ({ position }) => position,
    });
  }

  /**
   * Tries a delivery again, whatever its status: now, or as soon as older ones about the same object have ended. It has
   * the rest of its 24 hours, and at least one try.
   *
   * @throws Failure `webhook_not_found`, `delivery_not_found`, `invalid` for an inactive webhook
   */
  async redeliver(
    account: StoredAccount,
    webhookId: string,
    id: string,
    seal?: Seal<StoredDelivery>,
  ): Promise<StoredDelivery> {
    if (!isStorable(webhookId)) throw webhookNotFound();
    const delivery = isStorable(id)
      ? await this.#store.redeliver(account.id, webhookId, id, this.#clock(), seal)
      : 'delivery_gone';
    if (delivery === 'webhook_gone') throw webhookNotFound();
    if (delivery === 'delivery_gone') throw new Failure('delivery_not_found', 'There is no such delivery');
    if (delivery === 'webhook_inactive')
      throw new Failure('invalid', 'The webhook is not active: set active to true first');
    return delivery;
  }

  async #requireCallable(caller: RemoteCaller, url: string): Promise<void> {
    const mayCall = () => this.#remoteCalls.during(caller, () => this.#outbound.mayCall(url));
    if (url.length > maxUrlLength || !isStorable(url) || !(await mayCall()))
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

function positionIn(position: string): WebhookPosition {
  const [createdAt, id = ''] = position.split(' ');
  return { createdAt: Number(createdAt), id };
}
