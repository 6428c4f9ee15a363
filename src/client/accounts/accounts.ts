import type { PageOptions } from '../buckets/bucket-types.ts';
import { asAccount } from '../connection/account-call.ts';
import type { Connection } from '../connection/connection.ts';
import type { CallOptions } from '../uploads/uploading.ts';
import type { Account, KeyPage, NewKey } from './account-types.ts';

/** The account of the client's API key. */
export class Accounts {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Its limits, and its usage in the current period. */
  get({ signal }: CallOptions = {}): Promise<Account> {
    return this.#connection.json<'readAccount'>(
      'GET',
      '/v1/account',
      asAccount(this.#connection, { signal }),
    );
  }
}

const path = '/v1/keys';

/** The API keys of the account. */
export class Keys {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list({ cursor, limit, signal }: PageOptions = {}): Promise<KeyPage> {
    const call = { query: { cursor, limit }, signal };
    return this.#connection.json<'listKeys'>('GET', path, asAccount(this.#connection, call));
  }

  /** The response has the key itself, which is never returned again. */
  create(name?: string, { signal }: CallOptions = {}): Promise<NewKey> {
    return this.#connection.json<'createKey'>(
      'POST',
      path,
      asAccount(this.#connection, { json: { name }, signal }, true),
    );
  }

  /** Revokes a key at once. The last key of an account cannot be revoked. */
  async revoke(id: string, { signal }: CallOptions = {}): Promise<void> {
    const target = `${path}/${encodeURIComponent(id)}`;
    await this.#connection.call('DELETE', target, asAccount(this.#connection, { signal }, true));
  }
}
