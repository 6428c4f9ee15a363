import { Type } from '@sinclair/typebox';
import { optionalText } from '../shared/endpoints/schemas.ts';

/** The id of a payload. */
export const HashId = Type.String({
  description: 'The id of the payload.',
  pattern: '^[0-9a-f]{32}$',
  examples: ['feb61cd1b3d34efebab6d6a8490071b2'],
});

/** A payload as JSON (docs/contract/payloads.md, "Reading as JSON"). */
export const Payload = Type.Object(
  {
    content: Type.String({ description: 'The content: as text, or in base64.' }),
    mime_type: Type.String({ description: 'The MIME type that it was created with.' }),
    expiry_time: Type.String({ format: 'date-time' }),
    encoding: Type.Optional(
      Type.Literal('base64', { description: 'Present if the content is not valid UTF-8.' }),
    ),
    reads_left: Type.Optional(
      Type.Integer({ description: 'The reads left after this one. Present if reads are counted.' }),
    ),
  },
  {
    $id: 'Payload',
    description: 'A payload.',
    examples: [{ content: 'Hello, World!', mime_type: 'text/plain', expiry_time: '2026-11-29T12:00:00Z' }],
  },
);

/** The response to a create request (docs/contract/payloads.md, "Creating"). */
export const CreatedPayload = Type.Object(
  {
    hash_id: HashId,
    expiry_time: Type.String({ format: 'date-time' }),
    url: Type.String({ format: 'uri', description: 'The URL to share.' }),
    delete_token: optionalText('Required to delete the payload. Present if the request asked for it.'),
  },
  {
    $id: 'CreatedPayload',
    description: 'A payload that was created.',
    examples: [
      {
        hash_id: 'feb61cd1b3d34efebab6d6a8490071b2',
        expiry_time: '2026-11-29T12:00:00Z',
        url: 'https://mayfly.example/p/feb61cd1b3d34efebab6d6a8490071b2',
      },
    ],
  },
);

/** The id of an upload in parts. */
export const UploadId = Type.String({
  description: 'The id of the upload.',
  examples: ['upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX'],
});

/** An upload in parts (docs/contract/payloads.md, "Uploads in parts"). */
export const PayloadUpload = Type.Object(
  {
    upload_id: UploadId,
    part_size: Type.Integer({ description: 'The bytes of every part except the last, which has the rest.' }),
    parts: Type.Array(
      Type.Object({
        number: Type.Integer({ minimum: 1 }),
        url: Type.String({ format: 'uri', description: 'PUT the part to this URL.' }),
      }),
    ),
    expires_at: Type.String({ format: 'date-time', description: 'The upload can be completed until then.' }),
  },
  { $id: 'PayloadUpload', description: 'A payload that arrives in parts.' },
);
