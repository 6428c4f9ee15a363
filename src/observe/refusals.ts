import { Counter, type Registry } from 'prom-client';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Log } from './log.ts';

/** The minimum time between two lines about one client, or about a lack of room (ms). */
const burstLength = 60_000;
/** The maximum number of bursts in memory. The oldest is dropped first. */
const maxBursts = 4096;

/** The log lines of refusals, and the number of calls within a burst from which they are logged. */
const events: Partial<Record<FailureCode, { event: string; from: number; message: string }>> = {
  banned: { event: 'banned_call', from: 1, message: 'refused a call from a banned address' },
  unauthorized: {
    event: 'unauthorized_burst',
    from: 10,
    message: 'refused several calls without a valid credential from one address',
  },
  rate_limited: { event: 'rate_limited', from: 1, message: 'an address or a credential is over its limit' },
  no_room: { event: 'no_room', from: 1, message: 'refused new content: there is no room' },
};

type Burst = { since: number; calls: number; isLogged: boolean };

/** Counts refusals by reason. Logs each burst once per client, or once in total for a lack of room. */
export class Refusals {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #counter: Counter<'reason'>;
  readonly #bursts = new Map<string, Burst>();

  constructor(registry: Registry, log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#counter = new Counter({
      name: 'mayfly_refusals_total',
      help: 'Calls refused because of a ban, a credential, a rate limit or a lack of room, by reason',
      labelNames: ['reason'],
      registers: [registry],
    });
  }

  /** @param client As `ClientAddresses.keyFor` returns it. */
  note({ code, rule }: Failure, client: string): void {
    const kind = events[code];
    if (kind === undefined) return;
    const isAboutRoom = code === 'no_room';
    this.#counter.inc({ reason: isAboutRoom ? (rule ?? code) : code });
    const burst = this.#burst(`${code} ${isAboutRoom ? rule : client}`);
    burst.calls += 1;
    if (burst.isLogged || burst.calls < kind.from) return;
    burst.isLogged = true;
    const { event, message } = kind;
    const cause = isAboutRoom ? { reason: rule } : { client: this.#log.client(client) };
    this.#log.log.warn({ event, calls: burst.calls, ...cause }, message);
    burst.calls = 0;
  }

  /** The burst that a call belongs to. Calls after the line of the previous burst count in the next line. */
  #burst(key: string): Burst {
    const now = this.#clock();
    const known = this.#bursts.get(key);
    const age = known ? now - known.since : 0;
    if (known && age >= 0 && age < burstLength) return known;
    const burst = { since: now, calls: known?.isLogged ? known.calls : 0, isLogged: false };
    this.#bursts.delete(key);
    this.#bursts.set(key, burst);
    if (this.#bursts.size > maxBursts) this.#bursts.delete(this.#bursts.keys().next().value as string);
    return burst;
  }
}
