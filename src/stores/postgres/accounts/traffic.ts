import type { Traffic, TrafficStore } from '../../../core/ports/accounts/traffic-store.ts';
import { prepared } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';

export class PostgresTrafficStore implements TrafficStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  async add(traffic: (Traffic & { accountId: string; period: string })[]): Promise<void> {
    if (traffic.length === 0) return;
    await this.#writes.single(add, [
      traffic.map(({ accountId }) => accountId),
      traffic.map(({ period }) => period),
      traffic.map(({ requests }) => requests),
      traffic.map(({ bytesIn }) => bytesIn),
      traffic.map(({ bytesOut }) => bytesOut),
    ]);
  }

  async find(accountId: string, period: string): Promise<Traffic> {
    const [traffic] = await this.#writes.sql.read<Traffic>(find, [accountId, period]);
    return traffic ?? { requests: 0, bytesIn: 0, bytesOut: 0 };
  }
}

/** The lock on the accounts lets no sweep remove them before the statement ends; a removed account is not found. */
const add = prepared(
  `WITH existing AS MATERIALIZED (
     SELECT id FROM accounts WHERE id = ANY($1) ORDER BY id FOR KEY SHARE
   ), added AS (
     SELECT account_id, period, sum(requests) AS requests, sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out
     FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[])
       AS entry (account_id, period, requests, bytes_in, bytes_out)
     GROUP BY account_id, period
   )
   INSERT INTO account_traffic AS traffic (account_id, period, requests, bytes_in, bytes_out)
   SELECT account_id, period, requests, bytes_in, bytes_out FROM added JOIN existing ON id = account_id
   ORDER BY account_id COLLATE "C", period COLLATE "C"
   ON CONFLICT (account_id, period) DO UPDATE SET requests = traffic.requests + excluded.requests,
     bytes_in = traffic.bytes_in + excluded.bytes_in, bytes_out = traffic.bytes_out + excluded.bytes_out`,
);
const find = prepared(
  `SELECT requests, bytes_in AS "bytesIn", bytes_out AS "bytesOut" FROM account_traffic
   WHERE account_id = $1 AND period = $2`,
);
