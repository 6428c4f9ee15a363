import { Type } from '@sinclair/typebox';
import { bodyReader } from '../shared/bodies/json-body.ts';
import { fileIdRule, fileNameRule, mediaTypeRule, uploadIdRule } from '../shared/endpoints/core-rules.ts';

/** The request bodies of docs/contract/uploadkit.md, and what the service's client library also sends. */

const fileId = Type.String({ examples: ['file_01KAMC0VQ4V3N5W5Z7E0S8T2RX'], checkedByCore: fileIdRule });
const uploadId = Type.String({
  examples: ['upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX'],
  checkedByCore: uploadIdRule,
});
const key = Type.String({ examples: ['uploads/feb61cd1b3d34efebab6d6a8490071b2/profile.jpg'] });
const metadata = Type.Optional(
  Type.Object({}, { additionalProperties: true, description: 'Passed to the webhook of the route.' }),
);

export const requestBody = Type.Object(
  {
    fileName: Type.String({ minLength: 1, examples: ['profile.jpg'], checkedByCore: fileNameRule }),
    fileSize: Type.Integer({ minimum: 1, examples: [204_800] }),
    contentType: Type.String({ examples: ['image/jpeg'], checkedByCore: mediaTypeRule }),
    routeSlug: Type.String({ minLength: 1, maxLength: 100, examples: ['imageUploader'] }),
    metadata,
  },
  {
    $id: 'UploadkitRequest',
    examples: [
      { fileName: 'profile.jpg', fileSize: 204_800, contentType: 'image/jpeg', routeSlug: 'imageUploader' },
    ],
  },
);
export const readRequestBody = bodyReader(requestBody);

export const completeBody = Type.Object({ fileId, metadata });
export const readCompleteBody = bodyReader(completeBody);

const maxParts = 10_000;

export const completePartsBody = Type.Object({
  fileId,
  uploadId,
  parts: Type.Array(
    Type.Object({
      partNumber: Type.Integer({ minimum: 1, maximum: maxParts, examples: [1] }),
      etag: Type.String({ minLength: 1, maxLength: 255, examples: ['"9a0364b9e99bb480dd25e1f0284c8555"'] }),
    }),
    { minItems: 1, maxItems: maxParts },
  ),
  metadata,
});
export const readCompletePartsBody = bodyReader(completePartsBody);

export const abortBody = Type.Object({ fileId, uploadId });
export const readAbortBody = bodyReader(abortBody);

export const deleteBody = Type.Object({ keys: Type.Array(key, { minItems: 1, maxItems: 100 }) });
export const readDeleteBody = bodyReader(deleteBody);
