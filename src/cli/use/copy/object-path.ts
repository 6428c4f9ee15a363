/** A parsed `bucket:key`. An empty key means the bucket itself. */
export type ObjectPath = { bucket: string; key: string };

/** Parses `bucket:key`. With a slash before the colon it is a local path, as in scp: `./a:b`. */
export function parseObjectPath(text: string): ObjectPath | undefined {
  const [, bucket, key] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9]):(?!\/\/)(.*)$/s.exec(text) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
}
