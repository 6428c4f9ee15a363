import {
  address,
  errorResponses,
  json,
  jsonBody,
  object,
  orNull,
  parameter,
  response,
  text,
  time,
  whole,
} from '../shared/operation-parts.ts';
import { anyBody, objectReadParameters, putResponses, readResponses } from './object-operations.ts';
import {
  bucketParameter,
  checksumParameters,
  errorContent,
  idempotencyParameter,
  keyParameter,
  objectCodingParameter,
  pageOf,
  pageParameters,
  replayed,
  security,
  writeConditions,
} from './operation-pieces.ts';
import { createKeyBody, signBody } from './requests.ts';

/** Signed URLs, keys, the account, and the pages about errors. */

const signed = { tags: ['signed URLs'], security: [] as never[] };
const signedParameters = [
  parameter('query', 'method', 'As it was signed.', { type: 'string', enum: ['GET', 'PUT'] }),
  parameter('query', 'expires', 'When the URL ends (Unix milliseconds).', { type: 'integer' }),
  parameter('query', 'key_id', 'The API key that signed.'),
  parameter('query', 'signature', 'As it was given.'),
].map((given) => ({ ...given, required: true }));

export const signOperation = {
  ...signed,
  security,
  operationId: 'signUrl',
  summary: 'Issue a signed URL',
  parameters: [bucketParameter, idempotencyParameter],
  requestBody: jsonBody(signBody),
  responses: {
    200: response(
      'A URL that does this one thing without a key, until it expires, the bucket is deleted, or the key revoked.',
      json(object({ url: address, method: { enum: ['GET', 'PUT'] }, expiresAt: time })),
      replayed,
    ),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

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

const keyProperties = {
  id: text,
  name: orNull(text),
  prefix: text,
  createdAt: time,
  lastUsedAt: orNull(time),
};
const keys = { tags: ['keys'], security };

export const createKeyOperation = {
  ...keys,
  operationId: 'createKey',
  summary: 'Issue a key',
  parameters: [idempotencyParameter],
  requestBody: jsonBody(createKeyBody),
  responses: {
    201: response(
      'The key. It is not told again.',
      json(object({ ...keyProperties, key: { type: 'string', examples: ['sk_live_…'] } })),
      replayed,
    ),
    ...errorResponses(errorContent, 400, 401, 403, 409, 503, 507),
  },
};

export const listKeysOperation = {
  ...keys,
  operationId: 'listKeys',
  summary: 'List keys, the oldest first',
  parameters: pageParameters,
  responses: {
    200: response('A page of keys.', pageOf(object(keyProperties))),
    ...errorResponses(errorContent, 400, 401, 403, 503),
  },
};

export const revokeKeyOperation = {
  ...keys,
  operationId: 'revokeKey',
  summary: 'Revoke a key',
  description: 'At once, and with it all URLs that it signed. The last key cannot be revoked.',
  parameters: [parameter('path', 'id', 'The id of the key.'), idempotencyParameter],
  responses: {
    204: response('Revoked.', undefined, replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

export const accountOperation = {
  tags: ['account'],
  security,
  operationId: 'readAccount',
  summary: 'The account, its limits, and its usage in the current period',
  responses: {
    200: response(
      'The account. Bytes and objects are exact; the other counters lag by seconds.',
      json(
        object({
          id: text,
          name: orNull(text),
          plan: text,
          limits: object({
            storageBytes: orNull(whole),
            maxObjectBytes: whole,
            requestsPerMinute: orNull(whole),
          }),
          usage: object({
            period: { type: 'string', examples: ['2026-11'] },
            storageBytes: whole,
            objectCount: whole,
            requests: whole,
            bytesIn: whole,
            bytesOut: whole,
          }),
        }),
      ),
    ),
    ...errorResponses(errorContent, 401, 403, 503),
  },
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
