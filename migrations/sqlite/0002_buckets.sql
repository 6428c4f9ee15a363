CREATE TABLE `account_traffic` (
	`account_id` text NOT NULL,
	`period` text NOT NULL,
	`requests` integer NOT NULL,
	`bytes_in` integer NOT NULL,
	`bytes_out` integer NOT NULL,
	PRIMARY KEY(`account_id`, `period`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
DROP INDEX `webhook_deliveries_next_attempt_at`;--> statement-breakpoint
ALTER TABLE `webhook_deliveries` ADD `subject` text;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_due` ON `webhook_deliveries` (`webhook_id`,`next_attempt_at`) WHERE "webhook_deliveries"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_subject` ON `webhook_deliveries` (`webhook_id`,`subject`) WHERE "webhook_deliveries"."next_attempt_at" IS NOT NULL AND "webhook_deliveries"."subject" IS NOT NULL;--> statement-breakpoint
DROP INDEX `objects_bucket_id_n`;--> statement-breakpoint
ALTER TABLE `objects` ADD `digest` text;--> statement-breakpoint
CREATE INDEX `objects_bucket_id_expires_at` ON `objects` (`bucket_id`,`expires_at`,`size`) WHERE "objects"."expires_at" IS NOT NULL AND "objects"."public_id" IS NULL;--> statement-breakpoint
CREATE INDEX `objects_bucket_id_n` ON `objects` (`bucket_id`,`n`) WHERE "objects"."public_id" IS NOT NULL;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_parts` (
	`owner_id` text NOT NULL,
	`number` integer NOT NULL,
	`blob_key` text,
	`size` integer NOT NULL,
	`etag` text NOT NULL,
	PRIMARY KEY(`owner_id`, `number`)
);
--> statement-breakpoint
INSERT INTO `__new_parts`("owner_id", "number", "blob_key", "size", "etag") SELECT "owner_id", "number", "blob_key", "size", "etag" FROM `parts`;--> statement-breakpoint
DROP TABLE `parts`;--> statement-breakpoint
ALTER TABLE `__new_parts` RENAME TO `parts`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
ALTER TABLE `buckets` ADD `is_public` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `buckets` ADD `default_ttl` integer;--> statement-breakpoint
ALTER TABLE `buckets` ADD `object_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `buckets` ADD `size_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `uploads` ADD `object_ttl` integer;--> statement-breakpoint
ALTER TABLE `webhooks` ADD `events` text;--> statement-breakpoint
ALTER TABLE `webhooks` ADD `active` integer DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX `webhooks_hidden` ON `webhooks` (`id`) WHERE "webhooks"."events" IS NULL AND NOT "webhooks"."active";