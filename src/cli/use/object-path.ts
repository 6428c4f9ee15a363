/** What `bucket:key` names; an empty key is the bucket. */
export type ObjectPath = { bucket: string; key: string };

/** Reads `bucket:key`. What has a slash before the colon is a local path, as with scp: `./a:b`. */
export function parseObjectPath(text: string): ObjectPath | undefined {
  const [, bucket, key] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9]):(?!\/\/)(.*)$/s.exec(text) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
}
