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
import { abortBody, completeBody, completePartsBody, deleteBody, requestBody } from './requests.ts';

/** UploadKit in OpenAPI 3.1. */

const tags = ['uploadkit'];
const security = [{ uploadkitKey: [] }, { uploadkitBearer: [] }];

const errorContent = json(
  object({
    error: { type: 'string', description: 'What went wrong, for a human.' },
    code: { type: 'string', examples: ['FILE_TOO_LARGE'] },
  }),
);

const fileProperties = {
  id: { type: 'string', examples: ['file_01KAMC0VQ4V3N5W5Z7E0S8T2RX'] },
  key: { type: 'string', examples: ['uploads/feb61cd1b3d34efebab6d6a8490071b2/profile.jpg'] },
  name: text,
  size: whole,
  type: text,
  url: address,
  status: { const: 'UPLOADED' },
  createdAt: time,
};
const file = object(fileProperties);
const completed = json(object({ ...fileProperties, file }));
const done = json(object({ success: { const: true } }));
export const requestOperation = {
  tags,
  security,
  operationId: 'requestUpload',
  summary: 'Get the URL to PUT a file to',
  requestBody: jsonBody(requestBody),
  responses: {
    200: response(
      'Where to PUT the bytes, with exactly this Content-Type and length, within an hour.',
      json(object({ fileId: text, uploadUrl: address, cdnUrl: address, key: text })),
    ),
    ...errorResponses(errorContent, 400, 401, 403, 404, 503, 507),
  },
};

export const completeOperation = {
  tags,
  security,
  operationId: 'completeUpload',
  summary: 'Make a file of what was uploaded, and tell the webhook of its route',
  requestBody: jsonBody(completeBody),
  responses: {
    200: response('The file; the same when it was completed before.', completed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 503, 507),
  },
};

export const initPartsOperation = {
  tags,
  security,
  operationId: 'initMultipartUpload',
  summary: 'Get the URLs to PUT the parts of a file to',
  requestBody: jsonBody(requestBody),
  responses: {
    200: response(
      'Parts of 5 MiB, the last one of what is left. The answer to the PUT of each has its ETag.',
      json(
        object({
          fileId: text,
          uploadId: text,
          key: text,
          parts: { type: 'array', items: object({ partNumber: whole, uploadUrl: address }) },
        }),
      ),
    ),
    ...errorResponses(errorContent, 400, 401, 403, 404, 503, 507),
  },
};

export const completePartsOperation = {
  tags,
  security,
  operationId: 'completeMultipartUpload',
  summary: 'Make a file of its parts',
  requestBody: jsonBody(completePartsBody),
  responses: {
    200: response('The file; the same when it was completed before.', completed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 503, 507),
  },
};

export const abortPartsOperation = {
  tags,
  security,
  operationId: 'abortMultipartUpload',
  summary: 'Give an upload in parts up',
  requestBody: jsonBody(abortBody),
  responses: { 200: response('Given up.', done), ...errorResponses(errorContent, 400, 401, 403, 404, 503) },
};

export const listOperation = {
  tags,
  security,
  operationId: 'listUploads',
  summary: 'List files, newest first',
  parameters: listParameters,
  responses: {
    200: response(
      'A page of files.',
      json(
        object({
          files: { type: 'array', items: file },
          nextCursor: orNull(text),
        }),
      ),
    ),
    ...errorResponses(errorContent, 400, 401, 403, 503),
  },
};

export const deleteOperation = {
  tags,
  security,
  operationId: 'deleteUpload',
  summary: 'Delete a file',
  parameters: [parameter('path', 'id', 'The key of the file, URL-encoded.')],
  responses: { 200: response('Deleted.', done), ...errorResponses(errorContent, 401, 403, 404, 503) },
};

export const deleteManyOperation = {
  tags,
  security,
  operationId: 'deleteUploads',
  summary: 'Delete up to 100 files',
  requestBody: jsonBody(deleteBody),
  responses: {
    200: response(
      'What was deleted, and what could not be.',
      json(
        object({
          deleted: whole,
          failed: whole,
          reclaimedBytes: whole,
          failures: { type: 'array', items: object({ key: text, code: text, message: text }) },
        }),
      ),
    ),
    ...errorResponses(errorContent, 400, 401, 403, 503),
  },
};
