import {
  anyBytes,
  contentEncodingParameter,
  errorResponses,
  parameter,
  response,
  stringHeaders,
} from '../shared/operation-parts.ts';
import { CreatedPayload, HashId, PayloadError } from './schemas.ts';

/** The payload API in OpenAPI 3.1. */

const errorContent = { 'application/json': { schema: PayloadError } };

export const failures = (
  ...statuses: Parameters<typeof errorResponses> extends [unknown, ...infer Rest] ? Rest : never
) => errorResponses(errorContent, ...statuses);

const hashId = parameter('path', 'hash_id', 'The id of the payload.', HashId);
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

export const tags = ['payloads'];
export const security: never[] = [];
/** Without a key only where ANONYMOUS_CREATE lets everybody. */
export const creationSecurity = [{ payloadKey: [] }, { storageKey: [] }, {}];

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
      'application/json': { schema: CreatedPayload },
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
