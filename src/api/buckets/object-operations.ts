import {
  anyBytes,
  errorResponses,
  json,
  jsonBody,
  parameter,
  response,
  stringHeaders,
} from '../shared/operation-parts.ts';
import { copySuffix } from './object-path.ts';
import {
  bucketParameter,
  checksumParameters,
  contentHeaders,
  errorContent,
  idempotencyParameter,
  keyParameter,
  objectCodingParameter,
  optionalSecurity,
  pageParameters,
  replayed,
  security,
  writeConditions,
} from './operation-pieces.ts';
import { batchDeleteBody, copyBody } from './requests.ts';
import { DeletedObjects, ObjectDescription, ObjectPage } from './schemas.ts';

const tags = ['objects'];
const common = { tags, security };
const written = { ...stringHeaders({ ETag: 'Of this version of the object.' }), ...replayed };
const writtenNew = { ...written, ...stringHeaders({ Location: 'The path of the object.' }) };

const readParameters = [
  parameter('header', 'Range', 'One range of bytes.'),
  parameter('header', 'If-Range', 'The range only where the object is still this version.'),
  parameter('header', 'If-None-Match', 'Not where it still has this ETag.'),
  parameter('header', 'If-Match', 'Only where it has this ETag.'),
  parameter('header', 'If-Modified-Since', 'Not where it was not written since.'),
  parameter('header', 'If-Unmodified-Since', 'Only where it was not written since.'),
];

/** The answers to a GET of an object's bytes. */
export const readResponses = {
  200: response(
    'The bytes. Content that could run script is served as text/plain, or as an attachment.',
    anyBytes,
    contentHeaders,
  ),
  206: response('The range.', anyBytes, {
    ...contentHeaders,
    ...stringHeaders({ 'Content-Range': 'Which bytes of how many.' }),
  }),
  304: response('The client has this version.', undefined, contentHeaders),
};

/** The answers to a PUT of an object's bytes. */
export const putResponses = {
  201: response('The object, new under its key.', json(ObjectDescription), writtenNew),
  200: response('The object, in the place of another.', json(ObjectDescription), written),
};

export const objectReadParameters = readParameters;
export const anyBody = { required: true, content: anyBytes };

export const putObjectOperation = {
  ...common,
  operationId: 'putObject',
  summary: 'Upload an object',
  description: 'Headers `x-meta-NAME` become metadata: at most 2048 bytes, names and values.',
  parameters: [
    bucketParameter,
    keyParameter,
    parameter(
      'header',
      'x-ttl',
      'How long it lives: seconds, or text such as 10m. Else as the bucket has it.',
    ),
    objectCodingParameter,
    ...writeConditions,
    ...checksumParameters,
    idempotencyParameter,
  ],
  requestBody: anyBody,
  responses: {
    ...putResponses,
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 412, 413, 503, 507),
  },
};

export const readObjectOperation = {
  tags,
  security: optionalSecurity,
  operationId: 'readObject',
  summary: 'Download an object; HEAD tells its metadata',
  description: 'Objects of a public bucket can be read without a key.',
  parameters: [bucketParameter, keyParameter, ...readParameters],
  responses: { ...readResponses, ...errorResponses(errorContent, 400, 401, 403, 404, 412, 416, 503) },
};

export const deleteObjectOperation = {
  ...common,
  operationId: 'deleteObject',
  summary: 'Delete an object',
  parameters: [bucketParameter, keyParameter, ...writeConditions, idempotencyParameter],
  responses: {
    204: response('Deleted.', undefined, replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 412, 503, 507),
  },
};

export const copyObjectOperation = {
  ...common,
  /** The router has the key and what follows it in one wildcard. */
  'x-path-suffix': copySuffix,
  operationId: 'copyObject',
  summary: 'Copy an object',
  description: 'The copy keeps type, coding, metadata and expiry; the conditions are about the destination.',
  parameters: [bucketParameter, keyParameter, ...writeConditions, idempotencyParameter],
  requestBody: jsonBody(copyBody),
  responses: {
    201: response('The copy.', json(ObjectDescription), writtenNew),
    ...errorResponses(errorContent, 400, 401, 403, 404, 405, 409, 412, 413, 503, 507),
  },
};

export const deleteObjectsOperation = {
  ...common,
  operationId: 'deleteObjects',
  summary: 'Delete up to 1000 objects',
  parameters: [bucketParameter, idempotencyParameter],
  requestBody: jsonBody(batchDeleteBody),
  responses: {
    200: response('The keys that were deleted, and why the others were not.', json(DeletedObjects), replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

export const listObjectsOperation = {
  ...common,
  operationId: 'listObjects',
  summary: 'List objects, by key in the order of bytes',
  parameters: [
    bucketParameter,
    parameter('query', 'prefix', 'What their keys begin with.'),
    parameter(
      'query',
      'delimiter',
      'Keys that have it after the prefix are told of once, in commonPrefixes.',
    ),
    ...pageParameters,
  ],
  responses: {
    200: response('A page of objects.', json(ObjectPage)),
    ...errorResponses(errorContent, 400, 401, 403, 404, 503),
  },
};
