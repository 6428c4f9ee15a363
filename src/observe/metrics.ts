import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SweepReport } from '../core/operation/sweeper.ts';
import { RequestDurations } from './request-durations.ts';

/** The values of the label `kind` of `mayfly_swept_total`. */
const sweptKinds: Record<string, (report: SweepReport) => number> = {
  payload: ({ payloads }) => payloads,
  object: ({ objects }) => objects,
  upload: ({ uploads }) => uploads,
  account: ({ accounts }) => accounts,
  webhook_delivery: ({ deliveries }) => deliveries,
  blob: ({ blobs }) => blobs,
  idempotency_record: ({ idempotencyRecords }) => idempotencyRecords,
};

/** How the values of several workers become one: added, or the largest one, which also suits a value that all share. */
type Merged = 'sum' | 'max';

/** The metrics of the server. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new RequestDurations(this.registry);
  readonly #swept: Counter<'kind'>;
  readonly #sweepFailures: Counter;
  readonly #lastSweep: Gauge;
  readonly #limitFallbacks: Counter;
  readonly #webhookDrops: Counter;
  #read = () => this.registry.metrics();

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#swept = new Counter({
      name: 'mayfly_swept_total',
      help: 'Expired rows and discarded blobs that were removed, by kind',
      labelNames: ['kind'],
      registers,
    });
    this.#sweepFailures = new Counter({
      name: 'mayfly_sweep_failures_total',
      help: 'Blobs that could not be removed (tried again later), and sweeps that failed',
      registers,
    });
    this.#lastSweep = new Gauge({
      name: 'mayfly_last_sweep_timestamp_seconds',
      help: 'When the last sweep ended',
      aggregator: 'max' satisfies Merged,
      registers,
    });
    this.#limitFallbacks = new Counter({
      name: 'mayfly_rate_limit_fallback_total',
      help: 'Calls that were counted in the process because Redis was away',
      registers,
    });
    this.#webhookDrops = new Counter({
      name: 'mayfly_webhook_events_dropped_total',
      help: 'Events dropped because too many deliveries wait for their webhook',
      registers,
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics as text: those of this process, unless `readBy` has replaced them. */
  text(): Promise<string> {
    return this.#read();
  }

  /** Replaces what `text` returns: a worker returns the metrics of all workers. */
  readBy(read: () => Promise<string>): void {
    this.#read = read;
  }

  sweep(report: SweepReport, endedAt: number): void {
    for (const [kind, count] of Object.entries(sweptKinds)) this.#swept.inc({ kind }, count(report));
    this.#sweepFailures.inc(report.failures);
    this.#lastSweep.set(endedAt / 1000);
  }

  sweepFailed(): void {
    this.#sweepFailures.inc();
  }

  rateLimitFallback(calls: number): void {
    this.#limitFallbacks.inc(calls);
  }

  webhookEventDropped(): void {
    this.#webhookDrops.inc();
  }

  /** Registers a gauge whose value is read at each scrape. */
  gauge(name: string, help: string, read: () => number | Promise<number>, aggregator: Merged = 'sum'): void {
    new Gauge({
      name,
      help,
      aggregator,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }
}
