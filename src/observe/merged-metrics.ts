import { AggregatorRegistry, Counter, Gauge, type MetricObjectWithValues, Registry } from 'prom-client';

/** The metrics of one process, as `Registry.getMetricsAsJSON` returns them. */
type MetricSnapshot = MetricObjectWithValues<never>[];

/** The metrics of a process: its own and, if they were asked for, those of the cluster. */
export type MetricSnapshots = { own: MetricSnapshot; ofCluster: MetricSnapshot | undefined };

/** The metrics of several workers as one text. Each metric says how its values are merged. */
export class MergedMetrics {
  readonly #own = new Registry();
  readonly #restarts: Counter;
  readonly #latest = new Map<number, MetricSnapshot>();
  /** The last ones of the cluster that a worker has read. */
  #ofCluster: MetricSnapshot = [];
  /** What ended workers have counted, so that a sum never decreases. */
  #ended: MetricSnapshot = [];

  /** @param running Returns the number of workers that serve. */
  constructor(running: () => number) {
    const registers = [this.#own];
    new Gauge({
      name: 'mayfly_workers',
      help: 'Processes that serve on the port',
      registers,
      collect() {
        this.set(running());
      },
    });
    this.#restarts = new Counter({
      name: 'mayfly_worker_restarts_total',
      help: 'Processes that ended and were started again',
      registers,
    });
  }

  restarted(): void {
    this.#restarts.inc();
  }

  /** Replaces what is known of a running worker, and of the cluster if the worker has read it. */
  note(pid: number, { own, ofCluster }: MetricSnapshots): void {
    this.#latest.set(pid, own);
    if (ofCluster) this.#ofCluster = ofCluster;
  }

  ended(pid: number): void {
    const counts = this.#latest.get(pid)?.filter(({ type }) => /^(?:counter|histogram)$/.test(String(type)));
    this.#latest.delete(pid);
    if (counts) this.#ended = merged([this.#ended, counts]).getMetricsAsArray() as MetricSnapshot;
  }

  async text(): Promise<string> {
    const own = (await this.#own.getMetricsAsJSON()) as MetricSnapshot;
    return merged([...this.#latest.values(), this.#ended, this.#ofCluster, own]).metrics();
  }
}

function merged(snapshots: MetricSnapshot[]): Registry {
  return AggregatorRegistry.aggregate(snapshots);
}
