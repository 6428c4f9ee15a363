import { asAccount } from './buckets.ts';
import type { Connection } from './connection.ts';
import type { CallOptions } from './uploading.ts';
import type { UploadkitListOptions, UploadkitPage } from './uploadkit-types.ts';

const path = '/api/v1/files';

/** UploadKit's files, of the account whose key (`uk_…`) the client has. */
export class UploadkitFiles {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The newest first. */
  list({ cursor, limit, signal }: UploadkitListOptions = {}): Promise<UploadkitPage> {
    const call = { query: { cursor, limit }, signal };
    return this.#connection.json('GET', path, asAccount(this.#connection, call));
  }

  /** @param key The key of the file, not its id. */
  async remove(key: string, { signal }: CallOptions = {}): Promise<void> {
    const target = `${path}/${encodeURIComponent(key)}`;
    await this.#connection.call('DELETE', target, asAccount(this.#connection, { signal }));
  }
}
