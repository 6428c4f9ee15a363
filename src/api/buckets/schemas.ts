import { type TSchema, Type } from '@sinclair/typebox';
import { bucketNamePattern } from '../../core/buckets/bucket-name.ts';
import { contentCodings } from '../../core/ports/coding/content-coding.ts';
import { objectEvents } from '../../core/webhooks/events.ts';
import { oneOf, textOrNull } from '../shared/endpoints/schemas.ts';
import { codes } from './error-codes.ts';

const text = Type.String();
const bytes = (description: string) => Type.Integer({ minimum: 0, description });
const count = Type.Integer({ minimum: 0 });
const time = (description: string) => Type.String({ format: 'date-time', description });

function integerOrNull(description: string, minimum = 0) {
  return Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum, description });
}

function pageOf<Entry extends TSchema>($id: string, entry: Entry) {
  return Type.Object({ data: Type.Array(entry), ...nextCursor }, { $id, description: 'A page of a list.' });
}
const nextCursor = { nextCursor: textOrNull('The cursor of the next page. Null on the last page.') };

/** The shape of the bucket API's errors (docs/contract/buckets.md, "Errors"). */
export const BucketError = Type.Object(
  {
    error: Type.Object({
      code: oneOf([...new Set(Object.values(codes))], 'The error code, for programs.'),
      message: Type.String({ description: 'What went wrong, for a person.' }),
      requestId: Type.String({ description: 'The request id, as in X-Request-Id and in the log.' }),
      docsUrl: Type.String({ format: 'uri', description: 'A page about the code.' }),
    }),
  },
  {
    $id: 'BucketError',
    description: 'An error.',
    examples: [
      {
        error: {
          code: 'object_not_found',
          message: 'There is no object under this key',
          requestId: 'a7XvZ0mJq2',
          docsUrl: 'https://mayfly.example/docs/errors/object_not_found',
        },
      },
    ],
  },
);

export const BucketName = Type.String({
  description: 'The name of the bucket.',
  minLength: 3,
  maxLength: 63,
  pattern: bucketNamePattern.source,
  examples: ['build-artifacts'],
});

export const Bucket = Type.Object(
  {
    name: BucketName,
    public: Type.Boolean({ description: 'Whether its objects can be read without a key.' }),
    defaultTtlSeconds: integerOrNull(
      'The TTL of objects without an x-ttl. Null for no TTL of the bucket.',
      1,
    ),
    objectCount: count,
    sizeBytes: bytes('The size of all objects.'),
    createdAt: time('When the bucket was created.'),
  },
  {
    $id: 'Bucket',
    description: 'A bucket.',
    examples: [
      {
        name: 'build-artifacts',
        public: false,
        defaultTtlSeconds: 3600,
        objectCount: 2,
        sizeBytes: 102_400,
        createdAt: '2026-11-29T12:00:00Z',
      },
    ],
  },
);
export const BucketPage = pageOf('BucketPage', Bucket);

export const ObjectDescription = Type.Object(
  {
    bucket: text,
    key: text,
    size: bytes('The size of the content.'),
    etag: Type.String({ description: 'Changes with every write. The ETag header has it in quotes.' }),
    contentType: text,
    contentEncoding: textOrNull('The coding of the content.', { enum: [...contentCodings, null] }),
    metadata: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'From the x-meta-* headers.',
    }),
    createdAt: time('When the key was first written.'),
    updatedAt: time('When the object was last written.'),
    expiresAt: textOrNull('When the object expires. Null if it does not.', { format: 'date-time' }),
  },
  {
    $id: 'Object',
    description: 'An object.',
    examples: [
      {
        bucket: 'build-artifacts',
        key: 'reports/2026.pdf',
        size: 51_200,
        etag: '9a0364b9e99bb480dd25e1f0284c8555',
        contentType: 'application/pdf',
        contentEncoding: null,
        metadata: { commit: '0a1b2c3' },
        createdAt: '2026-11-29T12:00:00Z',
        updatedAt: '2026-11-29T12:00:00Z',
        expiresAt: null,
      },
    ],
  },
);
export const ObjectPage = Type.Object(
  {
    data: Type.Array(ObjectDescription),
    commonPrefixes: Type.Optional(
      Type.Array(text, { description: 'Present if the request has a delimiter.' }),
    ),
    ...nextCursor,
  },
  { $id: 'ObjectPage', description: 'A page of objects.' },
);

const keyFields = {
  id: text,
  name: textOrNull('The name that the key was created with.'),
  prefix: Type.String({ description: 'The beginning of the secret.' }),
  createdAt: time('When the key was created.'),
  lastUsedAt: textOrNull('When the key was last used.', { format: 'date-time' }),
};
export const ApiKey = Type.Object(keyFields, {
  $id: 'ApiKey',
  description: 'An API key.',
  examples: [
    {
      id: 'key_feb61cd1b3d34efebab6d6a8490071b2',
      name: 'ci',
      prefix: 'sk_live_1TWU',
      createdAt: '2026-11-29T12:00:00Z',
      lastUsedAt: null,
    },
  ],
});
export const ApiKeyPage = pageOf('ApiKeyPage', ApiKey);
export const CreatedApiKey = Type.Object(
  {
    ...keyFields,
    key: Type.String({ description: 'The secret. Only this response has it.', examples: ['sk_live_…'] }),
  },
  { $id: 'CreatedApiKey', description: 'An API key that was just created.' },
);

export const Account = Type.Object(
  {
    id: text,
    name: Type.String({ description: 'The name of the account.' }),
    plan: text,
    limits: Type.Object({
      storageBytes: integerOrNull('The most bytes that the account may store. Null for no limit.'),
      maxObjectBytes: bytes('The size of the largest object.'),
      requestsPerMinute: integerOrNull('Null for no limit.'),
    }),
    usage: Type.Object({
      period: Type.String({ description: 'The current month.', examples: ['2026-11'] }),
      storageBytes: bytes('The bytes that the account stores.'),
      objectCount: count,
      requests: count,
      bytesIn: bytes('Uploaded in the period.'),
      bytesOut: bytes('Downloaded in the period.'),
    }),
  },
  { $id: 'Account', description: 'An account.' },
);

const webhookFields = {
  id: Type.String({ examples: ['wh_feb61cd1b3d34efebab6d6a8490071b2'] }),
  url: Type.String({ format: 'uri', maxLength: 2048 }),
  events: Type.Array(oneOf<string>(objectEvents, 'The type of an event.')),
  active: Type.Boolean({ description: 'Whether events are delivered.' }),
  createdAt: time('When the webhook was created.'),
};
export const Webhook = Type.Object(webhookFields, {
  $id: 'Webhook',
  description: 'A webhook.',
  examples: [
    {
      id: 'wh_feb61cd1b3d34efebab6d6a8490071b2',
      url: 'https://example.com/hooks/mayfly',
      events: ['object.created'],
      active: true,
      createdAt: '2026-11-29T12:00:00Z',
    },
  ],
});
export const WebhookPage = pageOf('WebhookPage', Webhook);
export const CreatedWebhook = Type.Object(
  {
    ...webhookFields,
    signingSecret: Type.String({
      description: 'The secret that signs deliveries. Only this response has it.',
      examples: ['whsec_…'],
    }),
  },
  { $id: 'CreatedWebhook', description: 'A webhook that was just created.' },
);

export const Delivery = Type.Object(
  {
    id: Type.String({ description: 'The webhook-id header of every attempt.' }),
    event: oneOf<string>(objectEvents, 'The type of the event.'),
    status: oneOf(['pending', 'delivered', 'failed'], 'The state of the delivery.'),
    attempts: count,
    lastStatus: integerOrNull('The status of the last response. Null if there was none.'),
    nextAttemptAt: textOrNull('Null after the last attempt.', { format: 'date-time' }),
    createdAt: time('When the event occurred.'),
  },
  { $id: 'Delivery', description: 'The delivery of an event to a webhook.' },
);
export const DeliveryPage = pageOf('DeliveryPage', Delivery);

export const SignedUrl = Type.Object(
  {
    url: Type.String({ format: 'uri' }),
    method: oneOf(['GET', 'PUT'], 'The method that the URL allows.'),
    expiresAt: time('When the URL expires.'),
  },
  { $id: 'SignedUrl', description: 'A signed URL.' },
);

export const MultipartUpload = Type.Object(
  { uploadId: text, bucket: text, key: text, expiresAt: time('Until when it can be completed.') },
  { $id: 'MultipartUpload', description: 'A multipart upload.' },
);
export const ReceivedPart = Type.Object(
  { partNumber: Type.Integer({ minimum: 1, maximum: 10_000 }), etag: text },
  { $id: 'ReceivedPart', description: 'A part that the server received.' },
);

export const DeletedObjects = Type.Object(
  {
    deleted: Type.Array(text, { description: 'The keys of the objects that were deleted.' }),
    errors: Type.Array(Type.Object({ key: text, code: text, message: text })),
  },
  { $id: 'DeletedObjects', description: 'The result of a batch delete.' },
);
