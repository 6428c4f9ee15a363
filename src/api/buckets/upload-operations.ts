import {
  errorResponses,
  json,
  jsonBody,
  parameter,
  response,
  stringHeaders,
} from '../shared/operation-parts.ts';
import { anyBody } from './object-operations.ts';
import {
  bucketParameter,
  checksumParameters,
  errorContent,
  idempotencyParameter,
  replayed,
  security,
  writeConditions,
} from './operation-pieces.ts';
import { completeUploadBody, startUploadBody } from './requests.ts';
import { MultipartUpload, ObjectDescription, ReceivedPart } from './schemas.ts';

const common = { tags: ['multipart'], security };
const uploadParameter = parameter('path', 'upload_id', 'The upload.');
const keyQuery = parameter('query', 'key', 'The key of the object; has to be that of the upload.');
const etag = stringHeaders({ ETag: 'Of these bytes.' });

export const startUploadOperation = {
  ...common,
  operationId: 'startUpload',
  summary: 'Start a multipart upload',
  parameters: [bucketParameter, idempotencyParameter],
  requestBody: jsonBody(startUploadBody),
  responses: {
    201: response('The upload. It can be completed for 24 hours.', json(MultipartUpload), replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

export const putPartOperation = {
  ...common,
  operationId: 'putPart',
  summary: 'Upload a part',
  description:
    'In any order, and at once. Sending a part again replaces it. Content-Length is required. Content-Encoding is refused: the coding of the whole is named when the upload starts.',
  parameters: [
    bucketParameter,
    uploadParameter,
    parameter('path', 'n', 'The number of the part.', { type: 'integer', minimum: 1, maximum: 10_000 }),
    keyQuery,
    ...checksumParameters,
    idempotencyParameter,
  ],
  requestBody: anyBody,
  responses: {
    200: response('The part is here.', json(ReceivedPart), {
      ...etag,
      ...replayed,
    }),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 413, 503, 507),
  },
};

export const completeUploadOperation = {
  ...common,
  operationId: 'completeObjectUpload',
  summary: 'Complete a multipart upload',
  description: 'Every part but the last must have at least 5 MiB. Parts that are not named are let go of.',
  parameters: [bucketParameter, uploadParameter, keyQuery, ...writeConditions, idempotencyParameter],
  requestBody: jsonBody(completeUploadBody),
  responses: {
    200: response('The object.', json(ObjectDescription), { ...etag, ...replayed }),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 412, 503, 507),
  },
};

export const abortUploadOperation = {
  ...common,
  operationId: 'abortUpload',
  summary: 'Abort a multipart upload',
  parameters: [bucketParameter, uploadParameter, keyQuery, idempotencyParameter],
  responses: {
    204: response('Given up, and its parts are let go of.', undefined, replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};
