import {
  address,
  errorResponses,
  json,
  jsonBody,
  listParameters,
  object,
  orNull,
  parameter,
  response,
  text,
  time,
  whole,
} from '../shared/operation-parts.ts';
import { confirmBody, fetchBody, presignBody } from './requests.ts';

/** PutPut in OpenAPI 3.1. */

const tags = ['putput'];
const security = [{ putputToken: [] }];
const open: never[] = [];

const errorContent = json(
  object({
    error: object({
      code: { type: 'string', examples: ['UPLOAD_NOT_FOUND'] },
      message: text,
      hint: { type: 'string', description: 'What can be done about it.' },
    }),
  }),
);
const errors = (
  ...statuses: Parameters<typeof errorResponses> extends [unknown, ...infer Rest] ? Rest : never
) => errorResponses(errorContent, ...statuses);

const file = object({
  id: { type: 'string', examples: ['file_01KAMC0VQ4V3N5W5Z7E0S8T2RX'] },
  original_name: text,
  public_name: text,
  public_url: orNull(address),
  content_type: text,
  size_bytes: whole,
  created_at: time,
  visibility: { enum: ['public', 'private'] },
  prefix: orNull(text),
  metadata: orNull({ type: 'object' }),
  tags: orNull({ type: 'array', items: text }),
  download_count: whole,
  short_url: { type: 'null' },
  expires_at: orNull(time),
});
const page = { 'text/html': { schema: text } };

export const guestOperation = {
  tags,
  security: open,
  operationId: 'createGuest',
  summary: 'Get a token; no account is needed',
  responses: {
    201: response(
      'The token, and the URL by which its owner keeps the account. A limit of -1 is none.',
      json(
        object({
          token: { type: 'string', examples: ['pp_V1StGXR8_Z5jdHi6BmyTabcdefg'] },
          claim_url: address,
          limits: object({
            storage_bytes: whole,
            max_file_size_bytes: whole,
            max_files: whole,
            expires_at: orNull(time),
          }),
        }),
      ),
    ),
    ...errors(403, 503),
  },
};

export const presignOperation = {
  tags,
  security,
  operationId: 'presignUpload',
  summary: 'Reserve room for a file and get the URL to PUT it to',
  requestBody: jsonBody(presignBody),
  responses: {
    200: response(
      'Where to PUT the bytes, with exactly this Content-Type and length, within an hour.',
      json(
        object({
          upload_id: text,
          presigned_url: address,
          public_name: text,
          expires_at: time,
        }),
      ),
    ),
    ...errors(400, 401, 403, 413, 503, 507),
  },
};

export const confirmOperation = {
  tags,
  security,
  operationId: 'confirmUpload',
  summary: 'Make a file of what was uploaded',
  requestBody: jsonBody(confirmBody),
  responses: { 200: response('The file.', json(object({ file }))), ...errors(400, 401, 403, 404, 503, 507) },
};

export const fetchOperation = {
  tags,
  security,
  operationId: 'uploadFromUrl',
  summary: 'Make a file of what a URL gives',
  requestBody: jsonBody(fetchBody),
  responses: { 200: response('The file.', json(object({ file }))), ...errors(400, 401, 403, 413, 503, 507) },
};

export const listOperation = {
  tags,
  security,
  operationId: 'listFiles',
  summary: 'List files, newest first',
  parameters: [
    ...listParameters,
    parameter('query', 'prefix', 'What the prefix of the files begins with.'),
    parameter('query', 'tag', 'A tag that the files have.'),
  ],
  responses: {
    200: response(
      'A page of files.',
      json(
        object({
          files: { type: 'array', items: file },
          cursor: orNull(text),
          has_more: { type: 'boolean' },
        }),
      ),
    ),
    ...errors(400, 401, 403, 503),
  },
};

const fileId = parameter('path', 'id', 'The id of the file.');

export const deleteOperation = {
  tags,
  security,
  operationId: 'deleteFile',
  summary: 'Delete a file',
  parameters: [fileId],
  responses: {
    200: response('Deleted.', json(object({ success: { const: true } }))),
    ...errors(401, 403, 404, 503),
  },
};

export const downloadOperation = {
  tags,
  security,
  operationId: 'downloadFile',
  summary: 'Get an address of the bytes; that of a private file is good for an hour',
  parameters: [fileId],
  responses: {
    200: response(
      'The address.',
      json({
        type: 'object',
        properties: { download_url: address, expires_at: time },
        required: ['download_url'],
      }),
    ),
    ...errors(401, 403, 404, 503),
  },
};

export const statsOperation = {
  tags,
  security,
  operationId: 'fileStats',
  summary: 'How often a file was downloaded',
  parameters: [fileId],
  responses: {
    200: response(
      'Counts lag by about a second.',
      json(
        object({
          id: text,
          visibility: { enum: ['public', 'private'] },
          download_count: whole,
          last_downloaded_at: orNull(time),
          size_bytes: whole,
          created_at: time,
        }),
      ),
    ),
    ...errors(401, 403, 404, 503),
  },
};

export const showClaimOperation = {
  tags,
  security: open,
  operationId: 'showClaim',
  summary: 'The page on which a guest keeps the account',
  parameters: [{ ...parameter('query', 'claim', 'From the claim_url.'), required: true }],
  responses: { 200: response('A page with a form.', page), ...errorResponses(page, 403, 404, 503) },
};

export const claimOperation = {
  tags,
  security: open,
  operationId: 'claimAccount',
  summary: 'Keep the account of a guest',
  requestBody: {
    required: true,
    content: {
      'application/x-www-form-urlencoded': {
        schema: object({ claim: text, email: { type: 'string', format: 'email' } }),
      },
    },
  },
  responses: {
    200: response('It is kept; the token is the same.', page),
    ...errorResponses(page, 400, 403, 404, 503),
  },
};
