import { type TObject, type TProperties, Type } from '@sinclair/typebox';
import { bucketNamePattern } from '../../core/buckets/bucket-name.ts';
import { contentCodingRule, namesOfCodings } from '../../core/coding/content-coding.ts';
import { contentCodings } from '../../core/ports/coding/content-coding.ts';
import { bodyReader } from '../shared/bodies/json-body.ts';
import { mediaTypeRule, objectKeyRule, ttlRule } from '../shared/endpoints/core-rules.ts';
import { optionalText } from '../shared/endpoints/schemas.ts';

/** The request bodies of the bucket API (docs/contract/buckets.md). Unknown fields are refused. */

function closed<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false });
}

const bucketNameRules = {
  examples: ['build-artifacts'],
  checkedByCore: { minLength: 3, maxLength: 63, pattern: bucketNamePattern.source },
};
const objectKey = (example: string) => Type.String({ examples: [example], checkedByCore: objectKeyRule });

const isPublic = Type.Optional(
  Type.Boolean({ description: 'Whether its objects can be read without a key.', default: false }),
);
const defaultTtlSeconds = Type.Optional(
  Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: 'The TTL of objects without an x-ttl. Null for no TTL of the bucket.',
    examples: [3600],
  }),
);

export const createBucketBody = closed({
  name: Type.String(bucketNameRules),
  public: isPublic,
  defaultTtlSeconds,
});
export const readCreateBucket = bodyReader(createBucketBody);

export const updateBucketBody = closed({ public: isPublic, defaultTtlSeconds });
export const readUpdateBucket = bodyReader(updateBucketBody);

export const copyBody = closed({
  destinationBucket: optionalText('By default the same bucket.', bucketNameRules),
  destinationKey: objectKey('releases/latest.tar.gz'),
});
export const readCopy = bodyReader(copyBody);

export const batchDeleteBody = closed({
  keys: Type.Array(Type.String({ checkedByCore: objectKeyRule }), {
    minItems: 1,
    maxItems: 1000,
    examples: [['a.txt', 'b.txt']],
  }),
});
export const readBatchDelete = bodyReader(batchDeleteBody);

const contentEncoding = (description: string) =>
  Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description,
      examples: ['gzip'],
      checkedByCore: { enum: [...contentCodings, null] },
    }),
  );

const ttl = Type.Optional(
  Type.Union([Type.Integer({ minimum: 1 }), Type.String({ checkedByCore: ttlRule })], {
    description: 'The TTL, from completion on: seconds, or text such as 10m.',
  }),
);

export const startUploadBody = closed({
  key: objectKey('videos/launch.mp4'),
  contentType: Type.Optional(
    Type.String({ default: 'application/octet-stream', checkedByCore: mediaTypeRule }),
  ),
  contentEncoding: contentEncoding(`The content coding of the object: one of ${namesOfCodings}.`),
  metadata: Type.Optional(
    Type.Record(Type.String(), Type.String({ checkedByCore: { pattern: '^[ -~]*$' } })),
  ),
  ttl,
});
export const readStartUpload = bodyReader(startUploadBody, {
  contentEncoding: contentCodingRule,
  metadata: 'must be an object of strings',
  ttl: 'must be seconds, or text such as 10m',
});

export const completeUploadBody = closed({
  parts: Type.Array(
    closed({
      partNumber: Type.Integer({ minimum: 1, maximum: 10_000 }),
      etag: Type.String({ minLength: 1, maxLength: 255 }),
    }),
    { minItems: 1, maxItems: 10_000 },
  ),
});
export const readCompleteUpload = bodyReader(completeUploadBody);

export const signBody = closed({
  key: objectKey('reports/2026.pdf'),
  method: Type.Union([Type.Literal('GET'), Type.Literal('PUT')]),
  expiresIn: Type.Integer({ minimum: 1, maximum: 604_800, description: 'Seconds.', examples: [3600] }),
  contentType: optionalText('The Content-Type that the PUT must have.', { checkedByCore: mediaTypeRule }),
  contentEncoding: contentEncoding(`The Content-Encoding that the PUT must have: one of ${namesOfCodings}.`),
  maxSize: Type.Optional(Type.Integer({ minimum: 0, description: 'The maximum size of the PUT in bytes.' })),
});
export const readSign = bodyReader(signBody, { contentEncoding: contentCodingRule });

export const createKeyBody = closed({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, examples: ['ci'] })),
});
export const readCreateKey = bodyReader(createKeyBody);
