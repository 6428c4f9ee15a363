import { Accounts, Keys } from './accounts.ts';
import { Buckets } from './buckets.ts';
import { Connection } from './connection.ts';
import { Files } from './files.ts';
import { Objects } from './objects.ts';
import { Payloads } from './payloads.ts';
import { patient, type RetryPolicy } from './retry.ts';
import { type Fetch, fetchTransport, type Transport } from './transport.ts';
import { UploadkitFiles } from './uploadkit-files.ts';
import { Webhooks } from './webhooks.ts';

export type * from './account-types.ts';
export type * from './bucket-types.ts';
export { InvalidCallError, MayflyError, type MayflyErrorFields, NetworkError } from './errors.ts';
export type * from './file-types.ts';
export type * from './payload-types.ts';
export type { Retry, RetryPolicy } from './retry.ts';
export { parseShareLink, type ShareLink } from './share-link.ts';
export type { Source, StreamSource } from './source.ts';
export { type Fetch, fetchTransport, type Outgoing, type Transport } from './transport.ts';
export type * from './uploading.ts';
export type * from './uploadkit-types.ts';
export { xhrTransport } from './xhr-transport.ts';

export type ClientOptions = {
  /** The address of the server. */
  url: string;
  /**
   * What opens buckets and the account (`sk_live_…`), or files (`pp_…`, `uk_live_…`). With `pl_live_…` or `sk_live_…`
   * payloads are created for its account; reading and deleting them needs no key.
   */
  key?: string;
  fetch?: Fetch;
  /** Sends content. A page that shows progress takes `xhrTransport()`; by default it is `fetch`. */
  transport?: Transport;
  /** How patient uploads are; by default six trials within about half a minute. */
  retry?: Partial<RetryPolicy>;
};

export type Client = {
  payloads: Payloads;
  buckets: Buckets;
  objects: Objects;
  account: Accounts;
  keys: Keys;
  webhooks: Webhooks;
  files: Files;
  uploadkitFiles: UploadkitFiles;
};

/**
 * A client of one Mayfly server, for browsers, Bun, Deno and whatever else has `fetch`. Every call rejects with a
 * `MayflyError` where the server refuses it, with a `NetworkError` where there is no answer, and with the reason of
 * the signal that it is given.
 */
export function createClient({ url, key, fetch, transport, retry }: ClientOptions): Client {
  // Called as a method of anything else, a browser's fetch refuses to work.
  const send: Fetch = fetch ?? ((address, init) => globalThis.fetch(address, init));
  const policy = { ...patient, ...retry };
  const connection = new Connection(url, key, send, transport ?? fetchTransport(send), policy);
  return {
    payloads: new Payloads(connection),
    buckets: new Buckets(connection),
    objects: new Objects(connection),
    account: new Accounts(connection),
    keys: new Keys(connection),
    webhooks: new Webhooks(connection),
    files: new Files(connection),
    uploadkitFiles: new UploadkitFiles(connection),
  };
}
