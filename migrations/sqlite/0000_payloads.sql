CREATE TABLE `blob_journal` (
	`key` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `blob_journal_due_at` ON `blob_journal` (`due_at`);--> statement-breakpoint
CREATE TABLE `idempotency_records` (
	`id` text PRIMARY KEY NOT NULL,
	`fingerprint` text NOT NULL,
	`holder` text NOT NULL,
	`lease_until` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`answer` blob
);
--> statement-breakpoint
CREATE INDEX `idempotency_records_expires_at` ON `idempotency_records` (`expires_at`);--> statement-breakpoint
CREATE TABLE `payloads` (
	`n` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`mime_type` text NOT NULL,
	`content` blob,
	`blob_key` text,
	`size` integer NOT NULL,
	`is_text` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`reads_left` integer,
	`delete_token_hash` blob,
	`name` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `payloads_id_unique` ON `payloads` (`id`);--> statement-breakpoint
CREATE INDEX `payloads_expires_at` ON `payloads` (`expires_at`);--> statement-breakpoint
CREATE TABLE `storage_usage` (
	`id` integer PRIMARY KEY NOT NULL,
	`blob_bytes` integer NOT NULL
);
