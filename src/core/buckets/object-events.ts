import { formatTime } from '../expiry.ts';
import type { EventFactory, ObjectEvent, StoredObject } from '../ports/object-store.ts';
import { eventBody, newDeliveryId } from '../webhooks/events.ts';

/** What webhooks of an account can be told of (docs/contract/buckets.md, "Webhooks"). */
export const objectEvents = [
  'object.created',
  'object.deleted',
  'object.expired',
  'upload.completed',
] as const;

type ObjectEventName = (typeof objectEvents)[number];

/** An object as the bucket API and its webhooks show it. */
export function describeObject(bucket: string, object: StoredObject) {
  const { key, size, etag, mediaType, contentEncoding, metadata, createdAt, updatedAt, expiresAt } = object;
  return {
    bucket,
    key,
    size,
    etag,
    contentType: mediaType,
    // An answer that an older version kept for an Idempotency-Key has none.
    contentEncoding: contentEncoding ?? null,
    metadata: metadata ?? {},
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    expiresAt: expiresAt === null ? null : formatTime(expiresAt),
  };
}

/** Tells of what happened to an object at `at` (ms since the epoch). */
export function eventsAbout(
  at: number,
  event: ObjectEventName,
  more: Record<string, unknown> = {},
): EventFactory {
  return (bucketName, object) => [eventOf(at, event, bucketName, object, more)];
}

/** Tells of an upload in parts that became an object. */
export function eventsAboutUpload(at: number, uploadId: string): EventFactory {
  return (bucketName, object) => [
    eventOf(at, 'upload.completed', bucketName, object, { uploadId }),
    eventOf(at, 'object.created', bucketName, object),
  ];
}

function eventOf(
  at: number,
  event: ObjectEventName,
  bucketName: string,
  object: StoredObject,
  more: Record<string, unknown> = {},
): ObjectEvent {
  return {
    event,
    at,
    newDeliveryId: () => newDeliveryId(at),
    subject: `${bucketName}/${object.key}`,
    body: () => eventBody(event, { ...describeObject(bucketName, object), ...more }, at),
  };
}
