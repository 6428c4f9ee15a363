import { errorResponses, parameter, text } from '../shared/operation-parts.ts';
import { anyBody, objectReadParameters, putResponses, readResponses } from './object-operations.ts';
import {
  bucketParameter,
  checksumParameters,
  errorContent,
  idempotencyParameter,
  keyParameter,
  objectCodingParameter,
  writeConditions,
} from './operation-pieces.ts';

/** Signed URLs, and the pages about errors. */

const signed = { tags: ['signed URLs'], security: [] as never[] };
const signedParameters = [
  parameter('query', 'method', 'As it was signed.', { type: 'string', enum: ['GET', 'PUT'] }),
  parameter('query', 'expires', 'When the URL ends (Unix milliseconds).', { type: 'integer' }),
  parameter('query', 'key_id', 'The API key that signed.'),
  parameter('query', 'signature', 'As it was given.'),
].map((given) => ({ ...given, required: true }));

export const readSignedOperation = {
  ...signed,
  operationId: 'readSigned',
  summary: 'Download an object by a signed URL',
  parameters: [bucketParameter, keyParameter, ...signedParameters, ...objectReadParameters],
  responses: { ...readResponses, ...errorResponses(errorContent, 400, 403, 404, 412, 416, 503) },
};

export const putSignedOperation = {
  ...signed,
  operationId: 'putObjectSigned',
  summary: 'Upload an object by a signed URL',
  parameters: [
    bucketParameter,
    keyParameter,
    ...signedParameters,
    parameter('query', 'content_type', 'The Content-Type that the body must have.'),
    parameter('query', 'content_encoding', 'The Content-Encoding that the body must have.'),
    parameter('query', 'max_size', 'The most bytes that it may have.', { type: 'integer' }),
    objectCodingParameter,
    ...writeConditions,
    ...checksumParameters,
    idempotencyParameter,
  ],
  requestBody: anyBody,
  responses: { ...putResponses, ...errorResponses(errorContent, 400, 403, 404, 409, 412, 413, 503, 507) },
};

export const errorPageOperation = {
  tags: ['server'],
  security: [] as never[],
  operationId: 'readErrorPage',
  summary: 'A page about an error code of the bucket API',
  parameters: [parameter('path', 'code', 'The code.')],
  responses: {
    200: { description: 'The page.', content: { 'text/html': { schema: text } } },
    404: { description: 'There is no such code.', content: { 'text/html': { schema: text } } },
  },
};
