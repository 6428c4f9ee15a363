import {
  anyBytes,
  contentEncodingParameter,
  errorResponses,
  json,
  object,
  parameter,
  response,
  stringHeaders,
  text,
} from '../shared/operation-parts.ts';

/** The bytes of files in OpenAPI 3.1. */

const tags = ['files'];
const security: never[] = [];

const putputError = json(object({ error: object({ code: text, message: text, hint: text }) }));
const signedError = json(object({ error: object({ code: text, message: text, requestId: text }) }));

export const readFileOperation = {
  tags,
  security,
  operationId: 'readFile',
  summary: 'The bytes of a file',
  description: 'The address of a private file has a signature, for an hour.',
  parameters: [
    parameter('path', '*', 'The public name of the file, with its slashes.'),
    parameter('query', 'expires', 'With a signature: when it ends.', { type: 'integer' }),
    parameter('query', 'signature', 'Lets a private file be read.'),
    parameter('header', 'If-None-Match', '304 if the ETag is still this.'),
    parameter('header', 'Range', 'One range of bytes.'),
  ],
  responses: {
    200: response(
      'The content, under headers that keep it from running in this origin.',
      anyBytes,
      stringHeaders({
        ETag: 'Changes with the content.',
        'Last-Modified': 'When it came.',
        'Content-Encoding': 'The coding that it came with, where it has one.',
      }),
    ),
    206: response('A range of the content.', anyBytes, stringHeaders({ 'Content-Range': 'Which range.' })),
    304: response('Not modified.'),
    ...errorResponses(putputError, 403, 404, 412, 416, 503),
  },
};

export const putSignedOperation = {
  tags,
  security,
  operationId: 'putSigned',
  summary: 'Upload the bytes of a presigned file, or of a part of one',
  description: 'The address comes from presigning. Content-Type and length must be those that were signed.',
  parameters: [
    parameter('path', 'upload_id', 'Which upload.'),
    parameter('query', 'part', 'Which part, of an upload in parts.', { type: 'integer', minimum: 1 }),
    { ...parameter('query', 'expires', 'When the address ends.', { type: 'integer' }), required: true },
    { ...parameter('query', 'signature', 'As it was given.'), required: true },
    contentEncodingParameter('Kept, and served with the file. Parts have none.'),
  ],
  requestBody: { required: true, content: anyBytes },
  responses: {
    200: response('The bytes are here.', undefined, stringHeaders({ ETag: 'Of these bytes.' })),
    ...errorResponses(signedError, 400, 403, 503, 507),
  },
};
