import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { CachedTable, Change, Changes } from '../../core/ports/changes.ts';
import type { Timers } from '../../core/ports/clock.ts';
import { connectRedis, type RedisAddress } from '../redis/connection.ts';
import { type Message, PendingChanges, parseMessage } from './message.ts';

/** If a command takes longer (ms), the connection counts as lost. */
const commandTimeout = 1000;
/** How often the subscription is checked (ms). */
const checkInterval = 1000;

/** Notified when the subscription is lost or was refused, when it is there again, and of the first malformed message. */
export type SubscriptionObserver = {
  lost(error: unknown): void;
  back(): void;
  malformed(): void;
};

type SharedChangesDeps = RedisAddress & {
  /** The changes of this process. */
  local: Changes;
  /** The tables that nodes cache. */
  tables: readonly CachedTable[];
  /** The same for all nodes on one database, and for no others. */
  channel: string;
  timers: Timers;
  observer: SubscriptionObserver;
};

/**
 * The changes of all nodes on one database. A node publishes its own in Redis after the commit and does not wait for
 * that, and announces those of others when they arrive. A message may be late or missing: rows that change must not
 * be cached without a maximum age.
 */
export class SharedChanges implements Changes {
  readonly #deps: SharedChangesDeps;
  readonly #node = randomUUID();
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #pending: PendingChanges;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #stopChecking: () => void;
  #publishing: Promise<void> | undefined;
  #isSubscribed = false;
  #isClosed = false;
  /** Why the subscriber's connection must not be used any more; undefined while it works. */
  #failure: unknown;
  #sawMalformed = false;

  constructor(deps: SharedChangesDeps) {
    this.#deps = deps;
    this.#pending = new PendingChanges(deps.tables);
    this.#publisher = connectRedis(deps, { commandTimeout });
    this.#publisher.on('error', () => undefined).on('ready', () => this.#publish());
    this.#subscriber = connectRedis(deps, { commandTimeout, autoResubscribe: false });
    this.#subscriber
      .on('error', (error: unknown) => {
        this.#failure = error;
      })
      .on('close', () => this.#lost(this.#failure ?? new Error('the connection to Redis was closed')))
      .on('ready', () => {
        this.#failure = undefined;
        void this.#subscribe();
      })
      .on('message', (_channel: string, text: string) => this.#receive(text));
    this.#stopChecking = deps.timers.every(checkInterval, () => {
      if (this.#subscriber.status !== 'ready') return;
      if (this.#failure === undefined) void this.#subscribe();
      else this.#subscriber.disconnect(true);
    });
    deps.local.subscribe((change) => {
      this.#pending.add(change);
      this.#publish();
    });
  }

  /** Whether the changes of other nodes arrive, as far as this node knows. */
  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  subscribe(listener: (change: Change) => void): void {
    this.#deps.local.subscribe(listener);
    this.#listeners.push(listener);
  }

  refresh(): void {
    this.#deps.local.refresh();
  }

  /** Sends what is pending, if there is a connection. */
  async close(): Promise<void> {
    this.#publish();
    await this.#publishing;
    this.#isClosed = true;
    this.#stopChecking();
    this.#subscriber.disconnect();
    this.#publisher.disconnect();
  }

  /**
   * Publishes what is pending at the end of this turn of the event loop. Only one message is in flight: what changes
   * meanwhile goes with the next one, so that a slow Redis does not fill the memory.
   */
  #publish(): void {
    if (this.#publisher.status !== 'ready' || this.#isClosed) return;
    this.#publishing ??= this.#send();
  }

  async #send(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let changes = this.#pending.take(); changes.length > 0; changes = this.#pending.take()) {
      const message: Message = { from: this.#node, changes };
      // If it fails, the rows are used up to their maximum age.
      await this.#publisher.publish(this.#deps.channel, JSON.stringify(message)).catch(() => undefined);
    }
    this.#publishing = undefined;
  }

  /** Subscribes, or finds out that the subscription still stands: Redis answers a second one like the first. */
  async #subscribe(): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.#deps.channel);
      // A late answer to an earlier call is worth nothing.
      if (this.#isSubscribed || this.#isClosed || this.#failure !== undefined) return;
      this.#isSubscribed = true;
      // What changed before is unknown.
      this.#announce([{}]);
      this.#deps.observer.back();
    } catch (error) {
      this.#failure = error;
      this.#lost(error);
    }
  }

  #lost(error: unknown): void {
    if (this.#isClosed) return;
    if (this.#isSubscribed) this.#announce([{}]);
    this.#isSubscribed = false;
    this.#deps.observer.lost(error);
  }

  #receive(text: string): void {
    const message = parseMessage(text);
    if (message === undefined) {
      if (!this.#sawMalformed) this.#deps.observer.malformed();
      this.#sawMalformed = true;
    } else if (message.from !== this.#node) this.#announce(message.changes);
  }

  #announce(changes: readonly Change[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }
}
