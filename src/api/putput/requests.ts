import { type Static, Type } from '@sinclair/typebox';
import { bodyReader } from '../shared/bodies/json-body.ts';
import {
  fileNameRule,
  mediaTypeRule,
  timeRule,
  uploadIdRule,
  uriRule,
} from '../shared/endpoints/core-rules.ts';
import { visibility } from './schemas.ts';

/** TypeBox's own pattern for keys excludes line ends, so that such a key would pass with any value. */
const anyKey = Type.String({ pattern: '^[\\s\\S]*$' });

/**
 * The attributes of a new file (docs/contract/putput.md, "Presigned uploads"). Null is the same as absent, as in a
 * `File`.
 */
const attributes = {
  visibility: Type.Optional(visibility),
  prefix: Type.Optional(
    Type.Union([
      Type.String({ maxLength: 255, checkedByCore: { pattern: '^[^\\x00-\\x1f\\x7f]*$' } }),
      Type.Null(),
    ]),
  ),
  metadata: Type.Optional(
    Type.Union([Type.Record(anyKey, Type.String(), { maxProperties: 10 }), Type.Null()]),
  ),
  tags: Type.Optional(
    Type.Union([Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { maxItems: 10 }), Type.Null()]),
  ),
  expires_at: Type.Optional(
    Type.Union([Type.String({ checkedByCore: timeRule }), Type.Null()], {
      description: 'ISO 8601 with an offset or Z. Absent: the file lives as long as its account.',
    }),
  ),
};
const rules = {
  metadata: 'must be an object of at most 10 strings',
  tags: 'must be a list of at most 10 strings of 1 to 50 characters',
};

const mediaType = Type.String({
  description: 'A MIME type.',
  examples: ['image/jpeg'],
  checkedByCore: mediaTypeRule,
});
const fileName = Type.String({ minLength: 1, examples: ['photo.jpg'], checkedByCore: fileNameRule });

export const presignBody = Type.Object(
  {
    filename: fileName,
    content_type: mediaType,
    size_bytes: Type.Integer({ minimum: 0, examples: [102_400] }),
    ...attributes,
  },
  {
    $id: 'PutputPresignRequest',
    examples: [{ filename: 'photo.jpg', content_type: 'image/jpeg', size_bytes: 102_400 }],
  },
);
export const confirmBody = Type.Object({
  upload_id: Type.String({ examples: ['upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX'], checkedByCore: uploadIdRule }),
});
export const fetchBody = Type.Object(
  {
    url: Type.String({
      description: 'http or https, of a publicly reachable address.',
      checkedByCore: uriRule,
    }),
    filename: Type.Optional(fileName),
    content_type: Type.Optional(mediaType),
    ...attributes,
  },
  { $id: 'PutputFetchRequest', examples: [{ url: 'https://example.com/photo.jpg' }] },
);

export const readPresignBody = bodyReader(presignBody, rules);
export const readConfirmBody = bodyReader(confirmBody);
export const readFetchBody = bodyReader(fetchBody, rules);

/** The attributes with the names of the core. */
export function attributesOf(fields: Omit<Static<typeof fetchBody>, 'url'>) {
  return {
    keyPrefix: '' as const,
    isPublic: fields.visibility !== 'private',
    prefix: fields.prefix,
    metadata: fields.metadata,
    tags: fields.tags,
    expiryTime: fields.expires_at,
  };
}
