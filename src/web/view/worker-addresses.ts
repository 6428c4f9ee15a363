/** Where the server has the scripts of the workers; the build writes them in. */
declare const WORKER_ADDRESSES: Record<'highlight-worker' | 'parse-worker' | 'pdf-worker', string>;

/** There are none on the server, which runs no worker. */
export const workerAddresses = () => WORKER_ADDRESSES;
