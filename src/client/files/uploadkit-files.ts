import { asAccount } from '../connection/account-call.ts';
import type { Connection } from '../connection/connection.ts';
import type { CallOptions } from '../uploads/uploading.ts';
import type { UploadkitListOptions, UploadkitPage } from './uploadkit-types.ts';

const path = '/api/v1/files';

/** The UploadKit files of the account of the client's API key (`uk_…`). */
export class UploadkitFiles {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Newest first. */
  list({ cursor, limit, signal }: UploadkitListOptions = {}): Promise<UploadkitPage> {
    const call = { query: { cursor, limit }, signal };
    const page = this.#connection.json<'listFiles'>('GET', path, asAccount(this.#connection, call));
    // PutPut has the same path. The key decides which API answers.
    return page as Promise<UploadkitPage>;
  }

  /** @param key The key of the file, not its id. */
  async remove(key: string, { signal }: CallOptions = {}): Promise<void> {
    const target = `${path}/${encodeURIComponent(key)}`;
    await this.#connection.call('DELETE', target, asAccount(this.#connection, { signal }));
  }
}
