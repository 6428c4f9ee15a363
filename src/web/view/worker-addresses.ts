type WorkerName = 'highlight-worker' | 'parse-worker' | 'pdf-worker';

/** The files of the workers, by name; the build defines it. There are none on the server, which runs no worker. */
declare const WORKER_FILES: Record<WorkerName, string>;

/** The address of a worker's script. */
export function workerAddress(name: WorkerName): string {
  return assetAddress(WORKER_FILES[name]);
}

/** The address of what the build has put beside the scripts, wherever the server has those. */
export function assetAddress(path: string): string {
  return new URL(path, import.meta.url).href;
}
