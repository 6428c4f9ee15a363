CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`plan` text NOT NULL,
	`email` text,
	`claim_hash` blob,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`files_bucket_id` text NOT NULL,
	`stored_bytes` integer NOT NULL,
	`stored_objects` integer NOT NULL,
	`reserved_bytes` integer NOT NULL,
	`reserved_objects` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_name_unique` ON `accounts` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_claim_hash_unique` ON `accounts` (`claim_hash`);--> statement-breakpoint
CREATE INDEX `accounts_expires_at` ON `accounts` (`expires_at`) WHERE "accounts"."expires_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `banned_addresses` (
	`range` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `buckets` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`name` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `buckets_name_unique` ON `buckets` (`name`);--> statement-breakpoint
CREATE INDEX `buckets_account_id` ON `buckets` (`account_id`);--> statement-breakpoint
CREATE TABLE `contents` (
	`n` integer PRIMARY KEY NOT NULL,
	`data` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `deployment` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `file_routes` (
	`account_id` text NOT NULL,
	`slug` text NOT NULL,
	`max_size` integer NOT NULL,
	`types` text NOT NULL,
	`webhook_id` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`account_id`, `slug`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`webhook_id`) REFERENCES `webhooks`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `file_routes_webhook_id` ON `file_routes` (`webhook_id`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text,
	`prefix` text NOT NULL,
	`hash` blob NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash_unique` ON `keys` (`hash`);--> statement-breakpoint
CREATE INDEX `keys_account_id` ON `keys` (`account_id`);--> statement-breakpoint
CREATE TABLE `objects` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`bucket_id` text NOT NULL,
	`account_id` text NOT NULL,
	`key` text NOT NULL,
	`public_id` text,
	`name` text,
	`mime_type` text NOT NULL,
	`is_public` integer NOT NULL,
	`prefix` text,
	`metadata` text,
	`tags` text,
	`content_n` integer,
	`blob_key` text,
	`is_text` integer NOT NULL,
	`size` integer NOT NULL,
	`etag` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`expires_at` integer,
	`downloads` integer NOT NULL,
	`last_download_at` integer,
	FOREIGN KEY (`bucket_id`) REFERENCES `buckets`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `objects_id_unique` ON `objects` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `objects_bucket_id_key` ON `objects` (`bucket_id`,`key`);--> statement-breakpoint
CREATE INDEX `objects_bucket_id_n` ON `objects` (`bucket_id`,`n`);--> statement-breakpoint
CREATE UNIQUE INDEX `objects_public_id` ON `objects` (`public_id`) WHERE "objects"."public_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `objects_expires_at` ON `objects` (`expires_at`) WHERE "objects"."expires_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `parts` (
	`owner_id` text NOT NULL,
	`number` integer NOT NULL,
	`blob_key` text NOT NULL,
	`size` integer NOT NULL,
	`etag` text NOT NULL,
	PRIMARY KEY(`owner_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `plans` (
	`name` text PRIMARY KEY NOT NULL,
	`max_stored_bytes` integer,
	`max_object_bytes` integer,
	`max_objects` integer,
	`lifetime` integer
);
--> statement-breakpoint
CREATE TABLE `uploads` (
	`n` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`bucket_id` text NOT NULL,
	`account_id` text NOT NULL,
	`key` text NOT NULL,
	`public_id` text,
	`name` text,
	`mime_type` text NOT NULL,
	`is_public` integer NOT NULL,
	`prefix` text,
	`metadata` text,
	`tags` text,
	`content_n` integer,
	`blob_key` text,
	`is_text` integer NOT NULL,
	`declared_size` integer NOT NULL,
	`object_expires_at` integer,
	`route` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`direct_key` text,
	`direct_upload_id` text,
	`part_size` integer,
	`received_at` integer,
	FOREIGN KEY (`bucket_id`) REFERENCES `buckets`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `uploads_id_unique` ON `uploads` (`id`);--> statement-breakpoint
CREATE INDEX `uploads_expires_at` ON `uploads` (`expires_at`);--> statement-breakpoint
CREATE INDEX `uploads_bucket_id` ON `uploads` (`bucket_id`);--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`webhook_id` text NOT NULL,
	`event` text NOT NULL,
	`body` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`last_status` integer,
	`next_attempt_at` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`webhook_id`) REFERENCES `webhooks`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_deliveries_id_unique` ON `webhook_deliveries` (`id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_next_attempt_at` ON `webhook_deliveries` (`next_attempt_at`,`webhook_id`) WHERE "webhook_deliveries"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_webhook_id` ON `webhook_deliveries` (`webhook_id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_created_at` ON `webhook_deliveries` (`created_at`);--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`url` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `webhooks_account_id` ON `webhooks` (`account_id`);--> statement-breakpoint
ALTER TABLE `blob_journal` ADD `remove_again_at` integer;--> statement-breakpoint
ALTER TABLE `blob_journal` ADD `direct_upload_id` text;