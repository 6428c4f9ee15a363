import type { StoredAccount, StoredKey } from '../../../core/ports/accounts/account-store.ts';
import { prepared, unprepared } from '../database/sql.ts';
import { forDeliveries } from '../outbox/delivery-queue.ts';

/** A key with its account. */
export type CredentialRow = Pick<StoredKey, 'accountId' | 'kind' | 'prefix' | 'lastUsedAt'> &
  Omit<StoredAccount, 'id'> & {
    keyId: string;
    keyName: string | null;
    keyCreatedAt: number;
    hash: Uint8Array;
  };

const account = `accounts.id, accounts.name, plan, accounts.created_at AS "createdAt",
  expires_at AS "expiresAt", files_bucket_id AS "filesBucketId"`;
const usage = `stored_bytes AS "storedBytes", stored_objects AS "storedObjects",
  reserved_bytes AS "reservedBytes", reserved_objects AS "reservedObjects"`;
const credential = `SELECT keys.id AS "keyId", account_id AS "accountId", kind, keys.name AS "keyName", prefix,
    keys.created_at AS "keyCreatedAt", last_used_at AS "lastUsedAt", hash,
    accounts.name, plan, accounts.created_at AS "createdAt", expires_at AS "expiresAt",
    files_bucket_id AS "filesBucketId"
  FROM keys JOIN accounts ON accounts.id = account_id`;
const holdsNothing = 'stored_objects = 0 AND reserved_objects = 0';

/** The statements of `PostgresAccountStore`. */
export const statements = {
  /** With its bucket of files, and its first key if it has one. References are checked at the end of the statement. */
  insert: prepared(
    `WITH account AS (
       INSERT INTO accounts (id, name, plan, created_at, expires_at, files_bucket_id, claim_hash,
         stored_bytes, stored_objects, reserved_bytes, reserved_objects)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0) ON CONFLICT DO NOTHING
       RETURNING id, files_bucket_id, created_at
     ), bucket AS (
       INSERT INTO buckets (id, account_id, created_at) SELECT files_bucket_id, id, created_at FROM account
     ), key AS (
       INSERT INTO keys (id, account_id, kind, name, prefix, hash, created_at)
       SELECT $8, id, $9, $10, $11, $12, $13::int8 FROM account WHERE $8::text IS NOT NULL
     )
     SELECT 1 FROM account`,
  ),
  insertKey: unprepared(
    `INSERT INTO keys (id, kind, name, prefix, hash, created_at, account_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
  ),
  find: prepared(`SELECT ${account} FROM accounts WHERE id = $1`),
  findByName: unprepared(`SELECT ${account} FROM accounts WHERE name = $1`),
  findCredential: prepared(`${credential} WHERE hash = $1 AND revoked_at IS NULL`),
  findCredentialById: prepared(`${credential} WHERE keys.id = $1 AND revoked_at IS NULL`),
  findClaimable: unprepared(`SELECT ${account} FROM accounts WHERE claim_hash = $1`),
  usage: prepared(`SELECT ${usage} FROM accounts WHERE id = $1`),
  list: unprepared(`SELECT ${account}, ${usage} FROM accounts WHERE name IS NOT NULL ORDER BY accounts.name`),
  setPlan: unprepared('UPDATE accounts SET plan = $2 WHERE id = $1'),

  lockFiles: unprepared(
    `SELECT count(*) FROM (
       SELECT 1 FROM objects WHERE bucket_id = (SELECT files_bucket_id FROM accounts WHERE claim_hash = $1)
       ORDER BY key FOR NO KEY UPDATE
     ) AS locked`,
  ),
  lockGuest: unprepared(
    `SELECT id, expires_at AS "expiresAt", files_bucket_id AS "filesBucketId" FROM accounts
     WHERE claim_hash = $1 AND (expires_at IS NULL OR expires_at > $2) FOR UPDATE`,
  ),
  claim: unprepared(
    'UPDATE accounts SET email = $2, plan = $3, expires_at = $4, claim_hash = NULL WHERE id = $1',
  ),
  /**
   * Objects with the expiry of the account ($2) get its new expiry ($3). No object outlives the account: nothing is
   * later than no expiry.
   */
  changeExpiries: unprepared(
    `UPDATE objects SET expires_at = $3::int8
     WHERE bucket_id = $1 AND (expires_at IS NOT DISTINCT FROM $2::int8 OR expires_at > $3)`,
  ),

  listKeys: unprepared(
    `SELECT keys.id, account_id AS "accountId", kind, keys.name, prefix, keys.created_at AS "createdAt",
       last_used_at AS "lastUsedAt", accounts.name AS "accountName"
     FROM keys JOIN accounts ON accounts.id = account_id
     WHERE revoked_at IS NULL AND ($1::text IS NULL OR account_id = $1)
     ORDER BY keys.created_at, keys.id`,
  ),
  lockAccount: unprepared('SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE'),
  keysOf: unprepared('SELECT id FROM keys WHERE account_id = $1 AND kind = $2 AND revoked_at IS NULL'),
  revokeKey: unprepared('UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL'),
  /** Several nodes record uses of one key, and the latest counts. */
  touchKeys: prepared(
    `UPDATE keys SET last_used_at = greatest(last_used_at, used.at)
     FROM (SELECT id FROM keys WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE) AS existing
     JOIN (
       SELECT id, max(at) AS at FROM unnest($1::text[], $2::int8[]) AS use (id, at) GROUP BY id
     ) AS used USING (id)
     WHERE keys.id = existing.id`,
  ),

  lockBuckets: unprepared(
    `SELECT buckets.id, account_id AS "accountId" FROM buckets JOIN (
       SELECT id FROM accounts WHERE expires_at <= $1 AND ${holdsNothing} ORDER BY expires_at LIMIT $2
     ) AS expired ON expired.id = account_id
     ORDER BY buckets.id FOR UPDATE OF buckets SKIP LOCKED`,
  ),
  lockExpired: unprepared(
    `SELECT id FROM accounts WHERE id = ANY($1) AND expires_at <= $2 AND ${holdsNothing}
     ORDER BY id FOR UPDATE SKIP LOCKED`,
  ),
  /** Locks webhooks before their deliveries, as `DeliveryQueue` does. */
  lockWebhooks: unprepared(`SELECT FROM webhooks WHERE account_id = ANY($1) ${forDeliveries}`),
  removeDeliveries: unprepared(
    `DELETE FROM webhook_deliveries WHERE n = ANY (ARRAY(
       SELECT n FROM webhooks JOIN webhook_deliveries ON webhook_id = webhooks.id
       WHERE account_id = ANY($1) LIMIT $2 FOR UPDATE OF webhook_deliveries SKIP LOCKED))`,
  ),
  /** An account with a bucket that is not locked ($2) stays: a put may be on its way. So does one with deliveries. */
  remove: unprepared(
    `DELETE FROM accounts WHERE id = ANY($1)
       AND NOT EXISTS (SELECT FROM buckets WHERE account_id = accounts.id AND buckets.id <> ALL($2))
       AND NOT EXISTS (SELECT FROM webhooks JOIN webhook_deliveries ON webhook_id = webhooks.id
         WHERE account_id = accounts.id)`,
  ),
};
