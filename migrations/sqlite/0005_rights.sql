CREATE TABLE `blocked_contents` (
	`hash` blob PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `payloads` ADD `account_id` text;--> statement-breakpoint
ALTER TABLE `storage_usage` ADD `stranger_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- What strangers store already: payloads, which were all created without a key, and what accounts without a name hold.
INSERT INTO `storage_usage` (`id`, `blob_bytes`, `stranger_bytes`)
  SELECT 1, 0, `bytes` FROM (
    SELECT (SELECT coalesce(sum(`size`), 0) FROM `payloads`)
      + (SELECT coalesce(sum(`size`), 0) FROM `objects`
          WHERE `account_id` IN (SELECT `id` FROM `accounts` WHERE `name` IS NULL))
      + (SELECT coalesce(sum(`declared_size`), 0) FROM `uploads`
          WHERE `account_id` IN (SELECT `id` FROM `accounts` WHERE `name` IS NULL)
          AND (`received_at` IS NOT NULL OR (`direct_key` IS NOT NULL AND `part_size` IS NOT 0)))
      + (SELECT coalesce(sum(`size`), 0) FROM `parts` WHERE `owner_id` IN
          (SELECT `id` FROM `uploads` WHERE `account_id` IN (SELECT `id` FROM `accounts` WHERE `name` IS NULL)))
      AS `bytes`)
  WHERE `bytes` > 0
  ON CONFLICT (`id`) DO UPDATE SET `stranger_bytes` = excluded.`stranger_bytes`;
