import type { Traffic, TrafficStore } from '../../../core/ports/accounts/traffic-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';

export class SqliteTrafficStore implements TrafficStore {
  readonly #writes: GroupCommit;
  readonly #statements;

  constructor({ raw }: Connection, writes: GroupCommit) {
    this.#writes = writes;
    this.#statements = {
      add: raw.prepare(
        `INSERT INTO account_traffic (account_id, period, requests, bytes_in, bytes_out)
         SELECT id, ?, ?, ?, ? FROM accounts WHERE id = ?
         ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
          bytes_in = bytes_in + excluded.bytes_in, bytes_out = bytes_out + excluded.bytes_out`,
      ),
      find: raw.prepare<[string, string], Traffic>(
        `SELECT requests, bytes_in AS bytesIn, bytes_out AS bytesOut FROM account_traffic
         WHERE account_id = ? AND period = ?`,
      ),
    };
  }

  async add(traffic: (Traffic & { accountId: string; period: string })[]): Promise<void> {
    await this.#writes.repeatable(() => {
      for (const { accountId, period, requests, bytesIn, bytesOut } of traffic)
        this.#statements.add.run(period, requests, bytesIn, bytesOut, accountId);
    });
  }

  async find(accountId: string, period: string): Promise<Traffic> {
    return this.#statements.find.get(accountId, period) ?? { requests: 0, bytesIn: 0, bytesOut: 0 };
  }
}
