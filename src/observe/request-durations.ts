import type { MetricValueWithName, Registry } from 'prom-client';

/** Upper bounds of the buckets, in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 60];

type Series = {
  labels: { method: string; route: string; status: string };
  buckets: number[];
  count: number;
  sum: number;
};

const description = {
  name: 'mayfly_http_request_seconds',
  help: 'Time until the answer was ready, by method, route and status',
  type: 'histogram',
  aggregator: 'sum',
};

/**
 * The histogram of request times. The library's own hashes the labels at every observation, which is a
 * tenth of what a small request may cost; here each combination of labels is looked up once.
 */
export class RequestDurations {
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry) {
    const metric = {
      ...description,
      get: async () => ({ ...description, values: this.#values() }),
      reset: () => this.#series.clear(),
    };
    registry.registerMetric(metric as never);
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${status} ${route}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const labels = { method, route, status: String(status) };
      series = { labels, buckets: bounds.map(() => 0), count: 0, sum: 0 };
      this.#series.set(key, series);
    }
    series.count += 1;
    series.sum += seconds;
    const bucket = bounds.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  }

  #values(): MetricValueWithName<string>[] {
    return [...this.#series.values()].flatMap(({ labels, buckets, count, sum }) => {
      let below = 0;
      const bucketValues = bounds.map((bound, index) => {
        below += buckets[index] ?? 0;
        return {
          metricName: `${description.name}_bucket`,
          labels: { ...labels, le: String(bound) },
          value: below,
        };
      });
      return [
        ...bucketValues,
        { metricName: `${description.name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
        { metricName: `${description.name}_sum`, labels, value: sum },
        { metricName: `${description.name}_count`, labels, value: count },
      ];
    });
  }
}
