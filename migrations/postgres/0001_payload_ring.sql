-- oldest code: 2
-- The ring of payload tables: the first byte of an id (2 bits layout 00, 2 bits class, 4 bits slot) is the number of
-- its table. Autovacuum on inserts is off in classes 0 to 2, whose tables are truncated before it would help.
CREATE TABLE payloads (LIKE payloads_legacy INCLUDING STORAGE) PARTITION BY RANGE (id);
--> statement-breakpoint
DO $$
DECLARE
  leaf integer;
  child text;
  first_id text;
  end_id text;
BEGIN
  FOR leaf IN 0..63 LOOP
    child := 'payloads_' || lpad(leaf::text, 2, '0');
    first_id := lpad(to_hex(leaf), 2, '0') || '000000-0000-0000-0000-000000000000';
    end_id := lpad(to_hex(leaf + 1), 2, '0') || '000000-0000-0000-0000-000000000000';
    EXECUTE format('CREATE TABLE %I PARTITION OF payloads FOR VALUES FROM (%L) TO (%L)', child, first_id, end_id);
    EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id), ALTER content SET STORAGE EXTERNAL', child);
    EXECUTE format('CREATE INDEX %I ON %I (expires_at)', child || '_expires_at', child);
    -- The rows that must be deleted one by one: blobs go to the journal, and accounts are booked.
    EXECUTE format(
      'CREATE INDEX %I ON %I (expires_at) WHERE content IS NULL OR account_id IS NOT NULL',
      child || '_booked', child);
    IF leaf < 48 THEN
      EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_insert_threshold = -1)', child);
    END IF;
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE payloads ADD PRIMARY KEY (id);
--> statement-breakpoint
ALTER TABLE payloads_legacy ALTER content SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE contents ALTER data SET STORAGE EXTERNAL;
--> statement-breakpoint
-- Rows that change often: room on their pages keeps their indexes unchanged, and they are vacuumed early.
ALTER TABLE accounts SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
--> statement-breakpoint
ALTER TABLE buckets SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
--> statement-breakpoint
ALTER TABLE storage_counters SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
--> statement-breakpoint
-- All rows exist from the start: on a full disk, removals can update a counter but not insert one.
INSERT INTO storage_counters (leaf, shard, inline_bytes, inline_rows, blob_bytes, anonymous_bytes)
  SELECT leaf, shard, 0, 0, 0, 0 FROM generate_series(0, 64) AS leaf, generate_series(0, 15) AS shard;
--> statement-breakpoint
ALTER TABLE blob_journal SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
--> statement-breakpoint
ALTER TABLE idempotency_records SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
--> statement-breakpoint
ALTER TABLE webhook_deliveries SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
--> statement-breakpoint
-- Two updates for each delivery.
ALTER TABLE webhooks SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
--> statement-breakpoint
ALTER TABLE room_leases SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
--> statement-breakpoint
-- Written once a second while they are used: the last use, the traffic, the downloads.
ALTER TABLE keys SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
--> statement-breakpoint
ALTER TABLE account_traffic SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
--> statement-breakpoint
ALTER TABLE objects SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
--> statement-breakpoint
-- Short-lived, and changed with each part.
ALTER TABLE uploads SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
--> statement-breakpoint
-- Pages that are released when the disk of the database is full.
CREATE TABLE disk_reserve (n integer NOT NULL) WITH (fillfactor = 10, autovacuum_enabled = false);
