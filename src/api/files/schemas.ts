import { Type } from '@sinclair/typebox';

/** The shape of errors at the URL of a file (docs/contract/putput.md, "Errors"). */
export const ContentError = Type.Object(
  { error: Type.Object({ code: Type.String(), message: Type.String(), hint: Type.String() }) },
  { $id: 'FileContentError', description: 'An error.' },
);

/** The shape of errors at a presigned URL (docs/contract/buckets.md, "Errors"). */
export const PresignedUrlError = Type.Object(
  { error: Type.Object({ code: Type.String(), message: Type.String(), requestId: Type.String() }) },
  { $id: 'PresignedUrlError', description: 'An error.' },
);

export const expires = Type.Integer({ description: 'When the URL expires.' });
