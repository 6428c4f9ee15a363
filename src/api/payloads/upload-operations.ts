import {
  address,
  json,
  jsonBody,
  object,
  response,
  stringHeaders,
  text,
  time,
  whole,
} from '../shared/operation-parts.ts';
import {
  creationSecurity,
  failures,
  idempotencyKey,
  replayed,
  security,
  tags,
  uploadId,
} from './operations.ts';
import { CreatedPayload } from './schemas.ts';
import { beginUploadBody, completeUploadBody } from './upload-requests.ts';

/** Payloads that come in parts, in OpenAPI 3.1. */

const operation = { tags, security };
const begunSchema = object({
  upload_id: { ...text, examples: ['upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX'] },
  part_size: { ...whole, description: 'The size of every part but the last, which has the rest.' },
  parts: { type: 'array', items: object({ number: whole, url: address }) },
  expires_at: { ...time, description: 'Until when it can be completed.' },
});

export const beginUploadOperation = {
  tags,
  security: creationSecurity,
  operationId: 'beginPayloadUpload',
  summary: 'Begin a payload that comes in parts',
  description:
    'Each URL takes a PUT of exactly that part; the ETag of the answer goes into the completion. A part that is PUT again replaces the one before. Parts may be sent in any order, and at once. Without a key, a repeat with the same Idempotency-Key begins another upload.',
  parameters: [idempotencyKey],
  requestBody: jsonBody(beginUploadBody),
  responses: {
    201: response('Where the parts go.', json(begunSchema), replayed),
    ...failures(400, 401, 403, 409, 413, 503, 507),
  },
};

export const completeUploadOperation = {
  ...operation,
  operationId: 'completePayloadUpload',
  summary: 'Make the payload of the parts that came',
  description: 'Its time to live counts from here. It always has a delete token.',
  parameters: [uploadId, idempotencyKey],
  requestBody: jsonBody(completeUploadBody),
  responses: {
    201: response('Created.', json(CreatedPayload), {
      ...stringHeaders({ Location: 'The path of the payload.' }),
      ...replayed,
    }),
    ...failures(400, 404, 409, 503, 507),
  },
};

export const abortUploadOperation = {
  ...operation,
  operationId: 'abortPayloadUpload',
  summary: 'Give an upload up, with the parts that came',
  parameters: [uploadId, idempotencyKey],
  responses: { 204: response('Given up.', undefined, replayed), ...failures(400, 404, 409, 503) },
};
