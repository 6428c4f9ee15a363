-- What clients may write straight to the blob store counts as stored from its reservation. Uploads whose parts have
-- sizes of their own (0) come by the server.
INSERT INTO `storage_usage` (`id`, `blob_bytes`)
  SELECT 1, sum(`declared_size`) FROM `uploads` WHERE `direct_key` IS NOT NULL AND `part_size` IS NOT 0
  HAVING sum(`declared_size`) > 0
  ON CONFLICT (`id`) DO UPDATE SET `blob_bytes` = `blob_bytes` + excluded.`blob_bytes`;
