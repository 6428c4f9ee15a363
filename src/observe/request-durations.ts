import type { MetricValueWithName, Registry } from 'prom-client';

/** The upper bounds of the buckets (seconds). */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 60];

type Series = {
  method: string;
  route: string;
  status: number;
  json: string;
  /** The observations in each bucket, not cumulative. The last bucket has no bound. */
  buckets: number[];
  count: number;
  sum: number;
};

const description = {
  name: 'mayfly_http_request_seconds',
  help: 'Time until the response was ready, by method, route and status',
  type: 'histogram',
  aggregator: 'sum',
};

/**
 * The histogram of request times. The library's histogram hashes the labels of every observation, which takes a tenth
 * of the time of a small request. This one looks the series up by route.
 */
export class RequestDurations {
  readonly #seriesByRoute = new Map<string, Series[]>();

  constructor(registry: Registry) {
    const metric = {
      ...description,
      get: async () => ({ ...description, values: this.#values() }),
      reset: () => this.#seriesByRoute.clear(),
    };
    registry.registerMetric(metric as never);
  }

  /** Counts a request. @returns Its method, route and status as members of a JSON object, for the log. */
  observe(method: string, route: string, status: number, seconds: number): string {
    const series = this.#find(method, route, status);
    series.count += 1;
    series.sum += seconds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    series.buckets[bucket] = (series.buckets[bucket] as number) + 1;
    return series.json;
  }

  #find(method: string, route: string, status: number): Series {
    const ofRoute = this.#seriesByRoute.get(route) ?? [];
    for (const series of ofRoute) if (series.status === status && series.method === method) return series;
    const json = JSON.stringify({ method, route, status }).slice(1, -1);
    const buckets = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
    const series = { method, route, status, json, buckets, count: 0, sum: 0 };
    this.#seriesByRoute.set(route, [...ofRoute, series]);
    return series;
  }

  #values(): MetricValueWithName<string>[] {
    return [...this.#seriesByRoute.values()]
      .flat()
      .flatMap(({ method, route, status, buckets, count, sum }) => {
        const labels = { method, route, status: String(status) };
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
