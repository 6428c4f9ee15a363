import {
  anyBytes,
  contentEncodingParameter,
  errorResponses,
  parameter,
  response,
  stringHeaders,
} from '../shared/operation-parts.ts';
import { createBody } from './json-request.ts';

/** The payload API in OpenAPI 3.1. */

const errorContent = {
  'application/json': {
    schema: {
      type: 'object',
      properties: { error: { type: 'string', description: 'What went wrong, for a human.' } },
      required: ['error'],
    },
  },
};

export const failures = (
  ...statuses: Parameters<typeof errorResponses> extends [unknown, ...infer Rest] ? Rest : never
) => errorResponses(errorContent, ...statuses);

const hashId = parameter('path', 'hash_id', 'The id of the payload.', {
  type: 'string',
  pattern: '^[0-9a-f]{32}$',
  examples: ['feb61cd1b3d34efebab6d6a8490071b2'],
});
export const uploadId = parameter('path', 'upload_id', 'Which upload.');
export const idempotencyKey = parameter(
  'header',
  'Idempotency-Key',
  'Makes the request safe to repeat: the first answer is kept for 24 hours and sent again.',
  { type: 'string', minLength: 1, maxLength: 255 },
);
const contentEncoding = contentEncodingParameter('The body is decoded; limits count what it decodes to.');
const terms = [
  parameter('query', 'ttl', 'Expiry: seconds, or 90s, 10m, 2h, 7d. Also as the header X-TTL.'),
  parameter('query', 'max_reads', 'Gone after so many reads. Also as the header X-Max-Reads.', {
    type: 'integer',
    minimum: 1,
  }),
  contentEncoding,
  idempotencyKey,
];
const conditions = [
  parameter('header', 'If-None-Match', '304 if the ETag is still this.'),
  parameter('header', 'Range', 'One range of bytes; not for counted payloads.'),
];
export const replayed = stringHeaders({
  'Idempotency-Replayed': 'true where this is the first answer, sent again.',
});

export const createdSchema = {
  type: 'object',
  properties: {
    hash_id: { type: 'string', examples: ['feb61cd1b3d34efebab6d6a8490071b2'] },
    expiry_time: { type: 'string', format: 'date-time' },
    url: { type: 'string', format: 'uri', description: 'The URL to share.' },
    delete_token: { type: 'string', description: 'Needed to delete, where it was asked for.' },
  },
  required: ['hash_id', 'expiry_time', 'url'],
};
const payloadSchema = {
  type: 'object',
  properties: {
    content: { type: 'string' },
    mime_type: { type: 'string' },
    expiry_time: { type: 'string', format: 'date-time' },
    encoding: { const: 'base64', description: 'Present where the content is not valid UTF-8.' },
    reads_left: { type: 'integer', description: 'Present where reads are counted: left after this one.' },
  },
  required: ['content', 'mime_type', 'expiry_time'],
};

export const tags = ['payloads'];
export const security: never[] = [];
/** Without a key only where ANONYMOUS_CREATE lets everybody. */
export const creationSecurity = [{ payloadKey: [] }, { storageKey: [] }, {}];

export const createOperation = {
  tags,
  security: creationSecurity,
  operationId: 'createPayload',
  summary: 'Create a payload',
  parameters: [contentEncoding, idempotencyKey],
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: createBody,
        example: { content: 'Hello, World!', mime_type: 'text/plain', ttl: '10m' },
      },
    },
  },
  responses: {
    201: response(
      'Created.',
      { 'application/json': { schema: createdSchema } },
      { ...stringHeaders({ Location: 'The path of the payload.' }), ...replayed },
    ),
    ...failures(400, 401, 403, 409, 413, 503, 507),
  },
};

export const readOperation = {
  tags,
  security,
  operationId: 'readPayload',
  summary: 'Read a payload as JSON',
  parameters: [hashId, conditions[0]],
  responses: {
    200: response(
      'The payload. HEAD answers alike and never counts as a read.',
      { 'application/json': { schema: payloadSchema } },
      stringHeaders({ ETag: 'Absent where reads are counted.', 'Cache-Control': 'Never past the expiry.' }),
    ),
    304: response('Not modified.'),
    ...failures(404, 413, 503),
  },
};

export const deleteOperation = {
  tags,
  security,
  operationId: 'deletePayload',
  summary: 'Delete a payload',
  parameters: [
    hashId,
    parameter('header', 'X-Delete-Token', 'The delete token, where the payload has one.'),
    idempotencyKey,
  ],
  responses: { 204: response('Deleted.', undefined, replayed), ...failures(400, 403, 404, 409, 503) },
};

const bytesOperation = {
  tags,
  security,
  parameters: [hashId, ...conditions],
  responses: {
    200: response(
      'The content, under headers that keep it from running in this origin.',
      anyBytes,
      stringHeaders({
        ETag: 'Absent where reads are counted.',
        'Last-Modified': 'When it was created.',
        'X-Expires-At': 'When it expires.',
        'X-Reads-Left': 'How many reads are left after this one, where they are counted.',
      }),
    ),
    206: response('A range of the content.', anyBytes, stringHeaders({ 'Content-Range': 'Which range.' })),
    304: response('Not modified.'),
    ...failures(404, 412, 416, 503),
  },
};

export const rawOperation = { ...bytesOperation, operationId: 'readRaw', summary: 'Read the bytes' };

export const shareOperation = {
  ...bytesOperation,
  operationId: 'readShared',
  summary: 'The share URL: a page for a browser, the bytes for anything else',
  description:
    'Where reads are counted this never takes one: it answers with the page, or a line that names /raw.',
  responses: {
    ...bytesOperation.responses,
    404: response('Unknown, malformed or expired id.', {
      ...errorContent,
      'text/html': { schema: { type: 'string' } },
    }),
  },
};

const uploadResponses = {
  201: response(
    'Created. The body is the share URL; with `Accept: application/json`, as for createPayload.',
    {
      'text/plain': { schema: { type: 'string' } },
      'application/json': { schema: createdSchema },
    },
    {
      ...stringHeaders({
        Location: 'The share URL.',
        'X-Expires-At': 'When it expires.',
        'X-Delete-Token': 'What deleting needs.',
      }),
      ...replayed,
    },
  ),
  ...failures(400, 401, 403, 409, 413, 503, 507),
};

const uploadOperation = {
  tags,
  security: creationSecurity,
  summary: 'Upload bytes as they are (curl -T)',
  parameters: terms,
  requestBody: { required: true, content: anyBytes },
  responses: uploadResponses,
};

export const uploadUnnamedOperation = { ...uploadOperation, operationId: 'upload' };

export const uploadNamedOperation = {
  ...uploadOperation,
  operationId: 'uploadNamed',
  parameters: [parameter('path', 'name', 'The file name.'), ...terms],
};

export const formOperation = {
  ...uploadOperation,
  operationId: 'uploadForm',
  summary: 'Upload bytes as they are (curl --data-binary) or the one file of a form (curl -F)',
  requestBody: {
    required: true,
    content: {
      ...anyBytes,
      'multipart/form-data': {
        schema: {
          type: 'object',
          description: 'One file, or instead one field of any other name, behind its terms.',
          properties: {
            ttl: { type: 'string', description: 'As ttl in the query.' },
            max_reads: { type: 'string', description: 'As max_reads in the query.' },
            title: { type: 'string', description: 'The name of content that has none.' },
            file: { type: 'string', contentMediaType: 'application/octet-stream' },
          },
          required: ['file'],
        },
      },
    },
  },
};

export const usageOperation = {
  tags,
  security,
  operationId: 'usage',
  summary: 'How to use this service from a shell',
  responses: {
    200: response('Plain text.', { 'text/plain': { schema: { type: 'string' } } }),
    ...failures(),
  },
};
