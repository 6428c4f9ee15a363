import { Type } from '@sinclair/typebox';
import type { NamedPart } from '../../../core/files/uploaded-parts.ts';
import { maxPayloadParts, type PayloadUploadRequest } from '../../../core/payloads/payload-uploads.ts';
import { bodyReader } from '../../shared/bodies/json-body.ts';
import { fileNameRule } from '../../shared/endpoints/core-rules.ts';
import { rules, termFields } from '../creation/json-request.ts';

/** The request bodies of uploads in parts. Unknown fields are refused. */

export const beginUploadBody = Type.Object(
  {
    size: Type.Integer({ minimum: 1, description: 'Bytes of the whole content.', examples: [104_857_600] }),
    name: Type.Optional(
      Type.String({ description: 'A file name.', examples: ['film.mp4'], checkedByCore: fileNameRule }),
    ),
    ...termFields,
  },
  { additionalProperties: false },
);

const readBeginFields = bodyReader(beginUploadBody, rules);

/** @throws Failure `invalid` with the field at fault */
export function readBeginUpload(body: Uint8Array): PayloadUploadRequest {
  const { size, mime_type, name, expiry_time, ttl, max_reads } = readBeginFields(body);
  return { size, mediaType: mime_type, name, expiryTime: expiry_time, ttl, maxReads: max_reads };
}

export const completeUploadBody = Type.Object(
  {
    parts: Type.Array(
      Type.Object(
        {
          number: Type.Integer({ minimum: 1, maximum: maxPayloadParts }),
          etag: Type.String({
            minLength: 1,
            maxLength: 255,
            description: 'As the PUT was answered.',
            examples: ['"9a0364b9e99bb480dd25e1f0284c8555"'],
          }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: maxPayloadParts, description: 'All parts, in any order.' },
    ),
  },
  { additionalProperties: false },
);

const readCompleteFields = bodyReader(completeUploadBody);

/** @throws Failure `invalid` with the field at fault */
export function readCompleteUpload(body: Uint8Array): NamedPart[] {
  return readCompleteFields(body).parts;
}
