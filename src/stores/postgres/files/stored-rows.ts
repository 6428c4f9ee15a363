import type { StoredObject } from '../../../core/ports/buckets/object-store.ts';

/** An object and where its content is: in `contents`, in a blob, or (if both are null) in the parts with its id. */
export type ObjectRow = StoredObject & { contentN: number | null; blobKey: string | null };

/** A row as the database returns it: its metadata is JSON. */
export type Selected<Row extends StoredObject> = Omit<Row, 'metadata'> & { metadata: string | null };

/** The columns of `StoredObject`. */
export const objectColumns = `objects.n::text AS position, objects.id, objects.bucket_id AS "bucketId",
  objects.account_id AS "accountId", objects.key, objects.public_id AS "publicId", objects.name,
  objects.mime_type AS "mediaType", objects.content_encoding AS "contentEncoding", objects.is_public AS "isPublic",
  objects.prefix, objects.metadata, objects.tags, objects.is_text AS "isText", objects.size, objects.etag,
  objects.digest, objects.created_at AS "createdAt", objects.updated_at AS "updatedAt",
  objects.expires_at AS "expiresAt", objects.downloads, objects.last_download_at AS "lastDownloadAt"`;

/** The columns of `ObjectRow`. */
export const rowColumns = `${objectColumns}, objects.content_n AS "contentN", objects.blob_key AS "blobKey"`;

/** Parses the metadata of a selected row, in place. */
export function parsed<Row extends StoredObject>(row: Selected<Row>): Row {
  const metadata = row.metadata === null ? null : JSON.parse(row.metadata);
  return Object.assign(row, { metadata }) as unknown as Row;
}

/** The object of a row, without its content. */
export function storedObject({ contentN: _contentN, blobKey: _blobKey, ...object }: ObjectRow): StoredObject {
  return object;
}
