ALTER TABLE `objects` ADD `content_encoding` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `content_encoding` text;--> statement-breakpoint
ALTER TABLE `idempotency_records` ADD `content_fingerprint` text;