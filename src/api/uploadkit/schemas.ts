import { type Static, Type } from '@sinclair/typebox';

const fileId = Type.String({ examples: ['file_01KAMC0VQ4V3N5W5Z7E0S8T2RX'] });
const key = Type.String({ examples: ['uploads/feb61cd1b3d34efebab6d6a8490071b2/profile.jpg'] });
const uri = Type.String({ format: 'uri' });
const bytes = Type.Integer({ minimum: 0, description: 'In bytes.' });
const orNull = (description: string) => Type.Unsafe<string | null>({ type: ['string', 'null'], description });

/** A file (docs/contract/uploadkit.md, "Files"). */
export const UploadkitFile = Type.Object(
  {
    id: fileId,
    key,
    name: Type.String({ description: 'The file name.' }),
    size: bytes,
    type: Type.String({ description: 'The MIME type.' }),
    url: Type.String({ format: 'uri', description: 'The public address of the file.' }),
    status: Type.Literal('UPLOADED'),
    createdAt: Type.String({ format: 'date-time' }),
  },
  {
    $id: 'UploadkitFile',
    description: 'A file.',
    examples: [
      {
        id: 'file_01KAMC0VQ4V3N5W5Z7E0S8T2RX',
        key: 'uploads/feb61cd1b3d34efebab6d6a8490071b2/profile.jpg',
        name: 'profile.jpg',
        size: 204_800,
        type: 'image/jpeg',
        url: 'https://mayfly.example/f/uploads/feb61cd1b3d34efebab6d6a8490071b2/profile.jpg',
        status: 'UPLOADED',
        createdAt: '2026-11-29T12:00:00Z',
      },
    ],
  },
);

export const CompletedFile = Type.Object(
  { ...UploadkitFile.properties, file: UploadkitFile },
  { $id: 'UploadkitCompletedFile', description: 'A file, with the same file again in `file`.' },
);

export const RequestedUpload = Type.Object(
  {
    fileId,
    uploadUrl: Type.String({ format: 'uri', description: 'The URL to PUT the file to.' }),
    cdnUrl: Type.String({
      format: 'uri',
      description: 'The public address of the file once it is complete.',
    }),
    key,
  },
  {
    $id: 'UploadkitUpload',
    description: 'An upload that is reserved.',
    examples: [
      {
        fileId: 'file_01KAMC0VQ4V3N5W5Z7E0S8T2RX',
        uploadUrl: 'https://mayfly.example/signed/_uploads/01KAMC0VQ4V3N5W5Z7E0S8T2RX',
        cdnUrl: 'https://mayfly.example/f/uploads/feb61cd1b3d34efebab6d6a8490071b2/profile.jpg',
        key: 'uploads/feb61cd1b3d34efebab6d6a8490071b2/profile.jpg',
      },
    ],
  },
);

export const MultipartUpload = Type.Object(
  {
    fileId,
    uploadId: Type.String(),
    key,
    parts: Type.Array(Type.Object({ partNumber: Type.Integer({ minimum: 1 }), uploadUrl: uri })),
  },
  { $id: 'UploadkitMultipartUpload', description: 'An upload in parts that is reserved.' },
);

export const FilePage = Type.Object(
  {
    files: Type.Array(UploadkitFile),
    nextCursor: orNull('The cursor of the next page; null on the last one.'),
  },
  { $id: 'UploadkitFilePage', description: 'A page of files.' },
);

export const DeletedFiles = Type.Object(
  {
    deleted: Type.Integer({ minimum: 0 }),
    failed: Type.Integer({ minimum: 0 }),
    reclaimedBytes: bytes,
    failures: Type.Array(Type.Object({ key: Type.String(), code: Type.String(), message: Type.String() })),
  },
  { $id: 'UploadkitDeletedFiles', description: 'How many files were deleted, and why others were not.' },
);

export const Success = Type.Object({ success: Type.Literal(true) }, { $id: 'UploadkitSuccess' });

export type ErrorType = Static<typeof ErrorType>;
const ErrorType = Type.Unsafe<
  'authentication_error' | 'not_found_error' | 'rate_limit_error' | 'api_error' | 'invalid_request_error'
>({
  type: 'string',
  enum: ['authentication_error', 'not_found_error', 'rate_limit_error', 'api_error', 'invalid_request_error'],
});

const message = Type.String({ description: 'What went wrong, for a person.' });
const code = Type.String({ examples: ['FILE_TOO_LARGE'] });

const Details = Type.Object(
  { type: ErrorType, code, message, suggestion: Type.String() },
  { $id: 'UploadkitErrorDetails', description: 'If the only credential is `Authorization: Bearer uk_…`.' },
);

/**
 * Both shapes of errors in one schema (docs/contract/uploadkit.md, "Errors"): generators do not support unions of
 * objects.
 */
export const UploadkitError = Type.Object(
  {
    error: Type.Union([message, Details]),
    code: Type.Optional(
      Type.String({ examples: ['FILE_TOO_LARGE'], description: 'Present if `error` is a string.' }),
    ),
  },
  { $id: 'UploadkitError', description: 'An error.' },
);
