import { Starts } from '../../src/stores/postgres/database/batcher.ts';
import { Events, Servers } from './events.ts';
import type { Constants } from './measured.ts';
import { exponential, seededRandom } from './random.ts';

/** Creates of payloads of 1 KiB, on their way through nodes, PostgreSQL and its log. */
export type WritePath = {
  nodes: number;
  postgresCores: number;
  /** Syncs a second of the log's disk, one after the other. */
  logSyncs: number;
  /** Either clients that wait for each answer before the next request, or requests that arrive at random. */
  load: { connections: number } | { perSecond: number };
  /** s. */
  duration: number;
  seed: number;
};

/** Latencies are ms, utilisations shares of 1. */
export type WriteResult = {
  perSecond: number;
  p50: number;
  p99: number;
  syncsPerThousand: number;
  meanBatch: number;
  nodeUse: number;
  postgresUse: number;
  logUse: number;
  /** Requests that were not answered at the end. */
  unanswered: number;
  arrived: number;
  answered: number;
};

/** As `src/stores/postgres/payloads/creates.ts` has it. */
const maxItems = 256;

/**
 * Simulates creates event by event: a node works on one request at a time, and collects creates in batches, which start
 * as Mayfly's do. A batch occupies one core of PostgreSQL, and then waits for a sync of the log, which commits all
 * batches that are ready when it begins.
 */
export function simulateWrites(path: WritePath, constants: Constants): WriteResult {
  const random = seededRandom(path.seed);
  const events = new Events();
  const postgres = new Servers(events, path.postgresCores);
  const log = new Log(events, 1 / path.logSyncs);
  const nodes = Array.from({ length: path.nodes }, () => new SimulatedNode(events, postgres, log, constants));
  const latencies: number[] = [];
  let arrived = 0;
  const request = (then: () => void) => {
    const node = nodes[Math.floor(random() * nodes.length)] as SimulatedNode;
    const start = events.now;
    arrived += 1;
    node.create(() => {
      latencies.push(events.now - start);
      then();
    });
  };
  if ('connections' in path.load) {
    const again = () => request(again);
    for (let client = 0; client < path.load.connections; client += 1) again();
  } else {
    const { perSecond } = path.load;
    const next = () => {
      request(() => undefined);
      events.after(exponential(random, perSecond), next);
    };
    events.after(exponential(random, perSecond), next);
  }
  events.runUntil(path.duration);
  latencies.sort((one, other) => one - other);
  const percentile = (share: number) => 1000 * (latencies[Math.floor(share * latencies.length)] ?? 0);
  const batches = nodes.reduce((sum, node) => sum + node.batches, 0);
  const answered = latencies.length;
  const nodeTime = nodes.reduce((sum, node) => sum + node.busy, 0);
  return {
    perSecond: answered / path.duration,
    p50: percentile(0.5),
    p99: percentile(0.99),
    syncsPerThousand: (log.syncs * 1000) / Math.max(1, answered),
    meanBatch: answered / Math.max(1, batches),
    nodeUse: nodeTime / path.duration / path.nodes,
    postgresUse: postgres.busy / path.duration / path.postgresCores,
    logUse: log.busy / path.duration,
    unanswered: arrived - answered,
    arrived,
    answered,
  };
}

class SimulatedNode {
  readonly #thread: Servers;
  readonly #postgres: Servers;
  readonly #log: Log;
  readonly #constants: Constants;
  readonly #starts = new Starts();
  #waiting: (() => void)[] = [];
  #inFlight = 0;
  #itemsInFlight = 0;
  batches = 0;

  constructor(events: Events, postgres: Servers, log: Log, constants: Constants) {
    this.#thread = new Servers(events, 1);
    this.#postgres = postgres;
    this.#log = log;
    this.#constants = constants;
  }

  get busy(): number {
    return this.#thread.busy;
  }

  create(done: () => void): void {
    this.#thread.serve(this.#constants.nodeCreate / 1e6, () => {
      this.#waiting.push(done);
      this.#starts.note(this.#waiting.length + this.#itemsInFlight);
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#starts.mayStart(this.#waiting.length, this.#inFlight)) return;
    const batch = this.#waiting.splice(0, maxItems);
    this.#inFlight += 1;
    this.#itemsInFlight += batch.length;
    this.#postgres.serve((batch.length * this.#constants.postgresCreate) / 1e6, () =>
      this.#log.commit(() => {
        this.#inFlight -= 1;
        this.#itemsInFlight -= batch.length;
        this.batches += 1;
        for (const done of batch) done();
        this.#flush();
      }),
    );
  }
}

/** The log of PostgreSQL: one sync at a time, for all commits that wait when it begins. */
class Log {
  readonly #events: Events;
  readonly #duration: number;
  #waiting: (() => void)[] = [];
  #isSyncing = false;
  syncs = 0;
  busy = 0;

  constructor(events: Events, duration: number) {
    this.#events = events;
    this.#duration = duration;
  }

  commit(done: () => void): void {
    this.#waiting.push(done);
    this.#sync();
  }

  #sync(): void {
    if (this.#isSyncing || this.#waiting.length === 0) return;
    const committed = this.#waiting;
    this.#waiting = [];
    this.#isSyncing = true;
    this.syncs += 1;
    this.busy += this.#duration;
    this.#events.after(this.#duration, () => {
      this.#isSyncing = false;
      for (const done of committed) done();
      this.#sync();
    });
  }
}
