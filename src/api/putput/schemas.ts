import { type TSchema, Type } from '@sinclair/typebox';
import { textOrNull } from '../shared/endpoints/schemas.ts';

/** Null means that a field is not set. */
const orNull = <Schema extends TSchema>(schema: Schema, description?: string) =>
  Type.Union([schema, Type.Null()], { ...(description && { description }) });

const time = (description: string) => Type.String({ format: 'date-time', description });
const address = (description: string) => Type.String({ format: 'uri', description });
const timeOrNull = (description: string) => textOrNull(description, { format: 'date-time' });

export const FileId = Type.String({
  description: 'The id of the file.',
  pattern: '^file_[0-9A-HJKMNP-TV-Z]{26}$',
  examples: ['file_01KAMC0VQ4V3N5W5Z7E0S8T2RX'],
});

const uploadId = Type.String({
  description: 'Confirms the upload.',
  pattern: '^upload_[0-9A-HJKMNP-TV-Z]{26}$',
  examples: ['upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX'],
});

export const visibility = Type.Union([Type.Literal('public'), Type.Literal('private')], {
  description: 'A private file needs a signed URL to be read.',
});

const fileSize = Type.Integer({ minimum: 0, description: 'The stored size.' });
const downloadCount = Type.Integer({
  minimum: 0,
  description: 'Reads from the first byte. It lags by about a second.',
});

/** A file (docs/contract/putput.md, "Files"). */
export const File = Type.Object(
  {
    id: FileId,
    original_name: Type.String({ description: 'The file name.' }),
    public_name: Type.String({ description: 'The key of the file in its URL.' }),
    public_url: orNull(Type.String({ format: 'uri' }), 'The URL of the content. Null for a private file.'),
    content_type: Type.String({ description: 'The MIME type.' }),
    size_bytes: fileSize,
    created_at: time('When the upload was confirmed.'),
    visibility,
    prefix: textOrNull('The file prefix.'),
    metadata: orNull(Type.Record(Type.String(), Type.Unknown())),
    tags: orNull(Type.Array(Type.String())),
    download_count: downloadCount,
    short_url: Type.Unsafe<null>({ type: ['string', 'null'], description: 'Always null.' }),
    expires_at: timeOrNull('When the file expires. Null if it has no expiry.'),
  },
  {
    $id: 'PutputFile',
    description: 'A file of PutPut.',
    examples: [
      {
        id: 'file_01KAMC0VQ4V3N5W5Z7E0S8T2RX',
        original_name: 'photo.jpg',
        public_name: 'feb61cd1b3d34efebab6d6a8490071b2/photo.jpg',
        public_url: 'https://mayfly.example/f/feb61cd1b3d34efebab6d6a8490071b2/photo.jpg',
        content_type: 'image/jpeg',
        size_bytes: 102_400,
        created_at: '2026-11-29T12:00:00Z',
        visibility: 'public',
        prefix: null,
        metadata: null,
        tags: ['holiday'],
        download_count: 3,
        short_url: null,
        expires_at: null,
      },
    ],
  },
);

export const OneFile = Type.Object({ file: File });

/** A list page of files. */
export const FilePage = Type.Object(
  {
    files: Type.Array(File),
    cursor: textOrNull('Continues the list. Null on the last page.'),
    has_more: Type.Boolean(),
  },
  { $id: 'PutputFilePage', description: 'A page of files, newest first.' },
);

const limitOrNone = (description: string) => Type.Integer({ minimum: -1, description });

/** A guest (docs/contract/putput.md, "Guests"). */
export const Guest = Type.Object(
  {
    token: Type.String({ pattern: '^pp_[0-9A-Za-z_-]{27}$', examples: ['pp_V1StGXR8_Z5jdHi6BmyTabcdefg'] }),
    claim_url: address('The page that claims the account.'),
    limits: Type.Object({
      storage_bytes: limitOrNone('The bytes that the account may store. -1 if there is no limit.'),
      max_file_size_bytes: limitOrNone('The size that a file may have. -1 if there is no limit.'),
      max_files: limitOrNone('The files that the account may have. -1 if there is no limit.'),
      expires_at: timeOrNull('When the account expires. Null if it has no expiry.'),
    }),
  },
  { $id: 'PutputGuest', description: 'A token and the limits of its account.' },
);

/** An upload with its presigned URL (docs/contract/putput.md, "Presigned uploads"). */
export const PresignedUpload = Type.Object(
  {
    upload_id: uploadId,
    presigned_url: address('PUT the content here, with exactly this Content-Type and length.'),
    public_name: Type.String({ description: 'The key that the file will have in its URL.' }),
    expires_at: time('When the upload and its URL expire.'),
  },
  {
    $id: 'PutputUpload',
    description: 'An upload that is reserved.',
    examples: [
      {
        upload_id: 'upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX',
        presigned_url: 'https://mayfly.example/signed/_uploads/01KAMC0VQ4V3N5W5Z7E0S8T2RX',
        public_name: 'feb61cd1b3d34efebab6d6a8490071b2/photo.jpg',
        expires_at: '2026-11-29T12:00:00Z',
      },
    ],
  },
);

export const Download = Type.Object(
  {
    download_url: address('The URL of the content.'),
    expires_at: Type.Optional(time('When the URL expires. Present for a private file.')),
  },
  { $id: 'PutputDownload', description: 'The URL of the content of a file.' },
);

export const FileStats = Type.Object(
  {
    id: FileId,
    visibility,
    download_count: downloadCount,
    last_downloaded_at: timeOrNull('Null if the file was never downloaded.'),
    size_bytes: fileSize,
    created_at: time('When the upload was confirmed.'),
  },
  { $id: 'PutputFileStats', description: 'The downloads of a file.' },
);

/** The shape of PutPut's errors (docs/contract/putput.md, "Errors"). */
export const PutputError = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      hint: Type.String({ description: 'What a person can do about it.' }),
    }),
  },
  {
    $id: 'PutputError',
    description: 'An error.',
    examples: [
      {
        error: {
          code: 'UPLOAD_NOT_FOUND',
          message: 'The upload is unknown, has expired, or was completed or aborted',
          hint: 'Presign the file again.',
        },
      },
    ],
  },
);
