/**
 * The work of one payload in plain statements for pgbench, on a table of its own with the columns and indexes of
 * payloads, but without partitions: what a direct client of PostgreSQL pays.
 */
export const table = `
  CREATE TABLE pgbench_payloads (LIKE payloads_legacy INCLUDING ALL);
  ALTER TABLE pgbench_payloads ALTER content SET STORAGE EXTERNAL;
  CREATE INDEX ON pgbench_payloads (expires_at) WHERE content IS NULL OR account_id IS NOT NULL`;

/** Inserts one payload of this size, which expires in a day. */
export function singleInsert(size: number): string {
  return `INSERT INTO pgbench_payloads (id, mime_type, content, size, is_text, created_at, expires_at)
    VALUES (gen_random_uuid(), 'text/plain', '${'x'.repeat(size)}'::bytea, ${size}, true,
      (extract(epoch FROM now()) * 1000)::int8, (extract(epoch FROM now()) * 1000)::int8 + 86400000);\n`;
}

/** Fills the table with payloads whose ids are numbers, for `singleSelect`. */
export function numberedRows(count: number, size: number): string {
  return `INSERT INTO pgbench_payloads (id, mime_type, content, size, is_text, created_at, expires_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'text/plain', repeat('x', ${size})::bytea, ${size}, true, 0, 86400000
    FROM generate_series(1, ${count}) AS n`;
}

/** Reads one of the numbered payloads. */
export function singleSelect(count: number): string {
  return `\\set n random(1, ${count})
SELECT id, mime_type, content, blob_key, size, is_text, created_at, expires_at, reads_left, delete_token_hash, name,
  account_id FROM pgbench_payloads WHERE id = lpad(to_hex(:n::int8), 32, '0')::uuid;\n`;
}
