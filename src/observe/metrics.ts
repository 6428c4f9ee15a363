import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SweepReport } from '../core/operation/sweeper.ts';
import type { MetricSnapshots } from './merged-metrics.ts';
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

/** How the values of several workers become one. */
type Merged = 'sum' | 'max' | 'min';

type Read = () => number | Promise<number>;
type GaugeOptions = { name: string; help: string; aggregator?: Merged };

/** The metrics of the server. */
export class Metrics {
  readonly registry = new Registry();
  /** What all processes on one database have in common. Each value is a query, so one process reads them for all. */
  readonly #ofCluster = new Registry();
  readonly requests = new RequestDurations(this.registry);
  readonly #swept: Counter<'kind'>;
  readonly #sweepFailures: Counter;
  readonly #lastSweep: Gauge;
  readonly #limitFallbacks: Counter;
  readonly #webhookDrops: Counter;
  #read = async () => (await this.registry.metrics()) + (await this.#ofCluster.metrics());

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

  /** The metrics of this process as JSON. @param withCluster Whether to read those of the cluster too. */
  async snapshots(withCluster: boolean): Promise<MetricSnapshots> {
    const [own, ofCluster] = await Promise.all([
      this.registry.getMetricsAsJSON(),
      withCluster ? this.#ofCluster.getMetricsAsJSON() : undefined,
    ]);
    return { own, ofCluster } as MetricSnapshots;
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

  /** Registers a gauge of this process, whose value is read at each scrape. */
  gauge(name: string, help: string, read: Read, merged: Merged = 'sum'): void {
    this.#gauge(this.registry, { name, help, aggregator: merged }, read);
  }

  /** Registers a gauge of the cluster. */
  clusterGauge(name: string, help: string, read: Read): void {
    this.#gauge(this.#ofCluster, { name, help }, read);
  }

  #gauge(register: Registry, options: GaugeOptions, read: Read): void {
    new Gauge({
      ...options,
      registers: [register],
      async collect() {
        try {
          this.set(await read());
        } catch {
          // A store is away. The other metrics are still of use, then more than ever.
          this.remove();
        }
      },
    });
  }
}
