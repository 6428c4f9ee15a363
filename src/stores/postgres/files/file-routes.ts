import type { FileRoute, FileRouteStore } from '../../../core/ports/files/file-route-store.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';

export class PostgresFileRouteStore implements FileRouteStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  async insert(route: FileRoute): Promise<'inserted' | 'exists'> {
    const { accountId, slug, maxSize, types, webhook, createdAt } = route;
    const values = [accountId, slug, maxSize, types, createdAt, webhook?.id ?? null, webhook?.url ?? null];
    const { rows } = await this.#writes.single(insert, values);
    return rows.length === 1 ? 'inserted' : 'exists';
  }

  async find(accountId: string, slug: string): Promise<FileRoute | undefined> {
    const [row] = await this.#writes.sql.read<Row>(find, [accountId, slug]);
    return row && routeOf(row);
  }

  async list(): Promise<(FileRoute & { accountName: string | null })[]> {
    return (await this.#writes.sql.read<Row>(list)).map(routeOf);
  }

  async remove(accountId: string, slug: string): Promise<boolean> {
    const { rows } = await this.#writes.single(remove, [accountId, slug]);
    return rows.length === 1;
  }
}

type Row = Omit<FileRoute, 'webhook'> & {
  accountName: string | null;
  webhookId: string | null;
  url: string | null;
};

function routeOf({ webhookId, url, ...route }: Row): FileRoute & { accountName: string | null } {
  return { ...route, webhook: webhookId === null || url === null ? null : { id: webhookId, url } };
}

/** References are checked at the end of the statement, so the route may come before its webhook. */
const insert = unprepared(
  `WITH route AS (
     INSERT INTO file_routes (account_id, slug, max_size, types, created_at, webhook_id)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, slug) DO NOTHING
     RETURNING account_id, created_at, webhook_id
   ), webhook AS (
     INSERT INTO webhooks (id, account_id, url, created_at)
     SELECT webhook_id, account_id, $7, created_at FROM route WHERE webhook_id IS NOT NULL
   )
   SELECT 1 FROM route`,
);
const routes = `SELECT route.account_id AS "accountId", slug, max_size AS "maxSize", types,
    route.created_at AS "createdAt", accounts.name AS "accountName", webhook_id AS "webhookId", url
  FROM file_routes AS route JOIN accounts ON accounts.id = route.account_id
  LEFT JOIN webhooks ON webhooks.id = webhook_id`;
const find = prepared(`${routes} WHERE route.account_id = $1 AND slug = $2`);
const list = unprepared(`${routes} ORDER BY accounts.name NULLS FIRST, slug`);
/** The webhook is hidden like one of an account (see `hide` in webhooks.ts), since it may have very many deliveries. */
const remove = unprepared(
  `WITH route AS (
     DELETE FROM file_routes WHERE account_id = $1 AND slug = $2 RETURNING webhook_id
   ), webhook AS (
     UPDATE webhooks SET active = false WHERE id IN (SELECT webhook_id FROM route)
   )
   SELECT 1 FROM route`,
);
