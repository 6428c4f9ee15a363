import type { Registry } from 'prom-client';
import { Histogram, type Series } from './histogram.ts';

/** The upper bounds of the buckets (seconds). */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 60];

type Labels = 'method' | 'route' | 'status';
type Requests = { method: string; status: number; json: string; series: Series<Labels> };

/** The histogram of request times. Its series are found by route. */
export class RequestDurations {
  readonly #histogram: Histogram<Labels>;
  readonly #byRoute = new Map<string, Requests[]>();

  constructor(registry: Registry) {
    this.#histogram = new Histogram(registry, {
      name: 'mayfly_http_request_seconds',
      help: 'Time until the response was ready, by method, route and status',
      bounds,
    });
  }

  /** Counts a request. @returns Its method, route and status as members of a JSON object, for the log. */
  observe(method: string, route: string, status: number, seconds: number): string {
    const requests = this.#find(method, route, status);
    requests.series.observe(seconds);
    return requests.json;
  }

  #find(method: string, route: string, status: number): Requests {
    const ofRoute = this.#byRoute.get(route) ?? [];
    for (const requests of ofRoute)
      if (requests.status === status && requests.method === method) return requests;
    const json = JSON.stringify({ method, route, status }).slice(1, -1);
    const series = this.#histogram.series({ method, route, status: String(status) });
    const requests = { method, status, json, series };
    this.#byRoute.set(route, [...ofRoute, requests]);
    return requests;
  }
}
