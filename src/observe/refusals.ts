import { Counter, type Registry } from 'prom-client';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Log } from './log.ts';

/** How far apart two lines about one client, or about the lack of room, are at least (ms). */
const quietTime = 60_000;
/** How many clients are remembered; the longest known is forgotten first. */
const rememberedBursts = 4096;

/** What is said of a refusal, and from how many within `quietTime` on; a wrong key now and then is no burst. */
const events: Partial<Record<FailureCode, { event: string; from: number; message: string }>> = {
  banned: { event: 'banned_call', from: 1, message: 'a banned address calls' },
  unauthorized: {
    event: 'unauthorized_burst',
    from: 10,
    message: 'an address calls without a valid credential',
  },
  rate_limited: { event: 'rate_limited', from: 1, message: 'an address or a credential is over its limit' },
  no_room: { event: 'no_room', from: 1, message: 'new content is refused: there is no room' },
};

type Burst = { since: number; calls: number; isLogged: boolean };

/** Counts what is refused by its reason, and logs each burst once: by client, or in all where room is lacking. */
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

  /** @param client As `ClientAddresses.keyFor` gives it. */
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
    const whom = isAboutRoom ? { reason: rule } : { client: this.#log.client(client) };
    this.#log.log.warn({ event, calls: burst.calls, ...whom }, message);
    burst.calls = 0;
  }

  /** The burst that a call belongs to. Calls that came after the line of the one before count in the next line. */
  #burst(key: string): Burst {
    const now = this.#clock();
    const known = this.#bursts.get(key);
    const age = known ? now - known.since : 0;
    if (known && age >= 0 && age < quietTime) return known;
    const burst = { since: now, calls: known?.isLogged ? known.calls : 0, isLogged: false };
    this.#bursts.delete(key);
    this.#bursts.set(key, burst);
    if (this.#bursts.size > rememberedBursts) this.#bursts.delete(this.#bursts.keys().next().value as string);
    return burst;
  }
}
