import { formatTime } from '../expiry.ts';
import type { EventFactory, ObjectEvent, StoredObject } from '../ports/buckets/object-store.ts';
import { eventBody, newDeliveryId, type ObjectEventName } from '../webhooks/events.ts';

/** An object as the bucket API and its webhooks show it. */
export function describeObject(bucket: string, object: StoredObject) {
  const { key, size, etag, mediaType, contentEncoding, metadata, createdAt, updatedAt, expiresAt } = object;
  return {
    bucket,
    key,
    size,
    etag,
    contentType: mediaType,
    // Replays of answers from older versions have no such field.
    contentEncoding: contentEncoding ?? null,
    metadata: metadata ?? {},
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    expiresAt: expiresAt === null ? null : formatTime(expiresAt),
  };
}

/** Events about an object at the time `at` (ms since the epoch). */
export function eventsAbout(at: number, event: ObjectEventName): EventFactory {
  return (bucketName, object) => [eventOf(at, event, bucketName, object)];
}

/** Events about a multipart upload that became an object. */
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
