type WorkerName = 'highlight-worker' | 'parse-worker' | 'pdf-worker';

/** The files of the workers by name. The build defines it; the server, which runs no workers, does not have it. */
declare const WORKER_FILES: Record<WorkerName, string>;

/** The URL of the script of a worker. */
export function workerUrl(name: WorkerName): string {
  return assetUrl(WORKER_FILES[name]);
}

/** The URL of a file beside the scripts. */
export function assetUrl(path: string): string {
  return new URL(path, import.meta.url).href;
}
