import type { MetricSnapshots } from '../../../observe/merged-metrics.ts';
import type { Metrics } from '../../../observe/metrics.ts';

/**
 * `sweep`: from now on, this worker sweeps. `snapshot` asks for its metrics, and for those of the cluster too if
 * `withCluster` is set. `merged` answers `scrape`.
 */
export type ToWorker =
  | { kind: 'sweep' }
  | { kind: 'snapshot'; id: number; withCluster: boolean }
  | { kind: 'merged'; id: number; text: string };

/**
 * `unusable`: this version can no longer use the database, so that no worker can. `scrape` asks for the metrics of all
 * workers. `snapshot` answers with those of this one.
 */
export type ToParent =
  | { kind: 'ready'; url: string }
  | { kind: 'stopping' }
  | { kind: 'unusable' }
  | { kind: 'scrape'; id: number }
  | { kind: 'snapshot'; id: number; metrics: MetricSnapshots };

/** The variable that marks a worker in its environment. */
export const workerMark = 'MAYFLY_WORKER';

/** The connection of a worker to the process that started it. */
export class ParentLink {
  readonly #waiting = new Map<number, (text: string) => void>();
  #scrapes = 0;
  #sweep: () => void = () => undefined;

  /** The link of this process; undefined if it is no worker. */
  static find(): ParentLink | undefined {
    return process.env[workerMark] !== undefined && process.connected ? new ParentLink() : undefined;
  }

  /** Resolves when the parent has ended. */
  readonly lost = new Promise<string>((resolve) => {
    process.once('disconnect', () => resolve('the parent ended'));
  });

  /** Answers the parent, and lets `/metrics` return the metrics of all workers. */
  shareMetrics(metrics: Metrics): void {
    metrics.readBy(() => {
      this.#scrapes += 1;
      const id = this.#scrapes;
      return new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        send({ kind: 'scrape', id });
      });
    });
    process.on('message', async (message: ToWorker) => {
      if (message.kind === 'sweep') return this.#sweep();
      const { id } = message;
      if (message.kind === 'snapshot')
        return send({ kind: 'snapshot', id, metrics: await metrics.snapshots(message.withCluster) });
      this.#waiting.get(id)?.(message.text);
      this.#waiting.delete(id);
    });
  }

  /** @param sweep Called when this worker becomes the one that sweeps. */
  ready(url: string, sweep: () => void): void {
    this.#sweep = sweep;
    send({ kind: 'ready', url });
  }

  /** Lets the parent stop all workers. */
  unusable(): void {
    send({ kind: 'unusable' });
  }

  /** Lets another worker sweep. */
  stopping(): void {
    this.#sweep = () => undefined;
    send({ kind: 'stopping' });
  }
}

function send(message: ToParent): void {
  // A lost parent is noticed by its own event.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
