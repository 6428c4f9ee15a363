import { Accounts, Keys } from './accounts/accounts.ts';
import { Webhooks } from './accounts/webhooks.ts';
import { Buckets } from './buckets/buckets.ts';
import { Objects } from './buckets/objects.ts';
import { Connection } from './connection/connection.ts';
import { defaultRetry, type RetryPolicy } from './connection/retry.ts';
import { type Fetch, fetchTransport, type Transport } from './connection/transport.ts';
import { Files } from './files/files.ts';
import { UploadkitFiles } from './files/uploadkit-files.ts';
import { Payloads } from './payloads/payloads.ts';

export type * from './accounts/account-types.ts';
export type * from './buckets/bucket-types.ts';
export { InvalidCallError, MayflyError, type MayflyErrorFields, NetworkError } from './connection/errors.ts';
export type { Retry, RetryPolicy } from './connection/retry.ts';
export { type Fetch, fetchTransport, type Outgoing, type Transport } from './connection/transport.ts';
export { xhrTransport } from './connection/xhr-transport.ts';
export type * from './files/file-types.ts';
export type * from './files/uploadkit-types.ts';
export type * from './payloads/payload-types.ts';
export { parseShareLink, type ShareLink } from './payloads/share-link.ts';
export type { Source, StreamSource } from './uploads/source.ts';
export type * from './uploads/uploading.ts';

export type ClientOptions = {
  /** The address of the server. */
  url: string;
  /**
   * The API key: `sk_live_…` for buckets and the account, `pp_…` or `uk_live_…` for files. With `pl_live_…` or
   * `sk_live_…` its account owns the payloads that are created. Reading and deleting payloads needs no key.
   */
  key?: string;
  fetch?: Fetch;
  /** Sends content; by default by `fetch`. A page that shows progress uses `xhrTransport()`. */
  transport?: Transport;
  /** Retries of uploads; by default six tries within about half a minute. */
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
 * Creates a client of one Mayfly server, for browsers, Bun, Deno and other runtimes with `fetch`. A call rejects with a
 * `MayflyError` if the server refuses it, with a `NetworkError` if there is no response, and with the signal's reason
 * if it is aborted.
 */
export function createClient({ url, key, fetch, transport, retry }: ClientOptions): Client {
  // A browser's fetch throws when it is called as a method of another object.
  const send: Fetch = fetch ?? ((address, init) => globalThis.fetch(address, init));
  const policy = { ...defaultRetry, ...retry };
  const connection = new Connection({
    url,
    key,
    fetch: send,
    transport: transport ?? fetchTransport(send),
    retry: policy,
  });
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
