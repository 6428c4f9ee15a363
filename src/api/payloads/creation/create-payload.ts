import { Type } from '@sinclair/typebox';
import { openBody, readBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import type { Exchange } from '../../shared/exchange.ts';
import type { PayloadApi } from '../api.ts';
import { createdBody } from '../created-answer.ts';
import { creationSecurity, decodedEncodingHeader, endpoint } from '../endpoints.ts';
import { CreatedPayload } from '../schemas.ts';
import { creatorOf } from './creator.ts';
import { withContent } from './incoming-content.ts';
import { createBody, readCreateBody } from './json-request.ts';

const createPayload = endpoint({
  method: 'POST',
  path: '/api/v1/payloads',
  operationId: 'createPayload',
  summary: 'Create a payload',
  description:
    "Stores a text, or binary content in base64. Without `expiry_time` and `ttl` it expires after the server's default.",
  security: creationSecurity,
  headers: Type.Object({
    'Content-Encoding': decodedEncodingHeader,
    ...idempotency.requestHeaders.properties,
  }),
  body: { schema: createBody, example: { content: 'Hello, World!', mime_type: 'text/plain', ttl: '10m' } },
  responses: {
    201: {
      description: 'Created.',
      body: CreatedPayload,
      headers: {
        location: Type.String({ description: 'The path of the payload.' }),
        'cache-control': optionalText('Present with a delete token.'),
        ...idempotency.responseHeaders,
      },
    },
  },
  errors: [413],
});

/**
 * The body is one flat object. It may have more members than are defined, so that the error can name the unknown one.
 */
const createBounds = { depth: 1, members: 16 };

export const create = (api: PayloadApi) =>
  createPayload.by(async (exchange) => {
    const { payloads, publicUrl } = api;
    const owner = creatorOf(exchange, api);
    // JSON escapes and base64 make content longer; 64 KiB are for the other fields.
    const limit = 2 * payloads.limits.maxPayloadSize + 64 * 1024;
    const body = await readDecoded(exchange, api, limit);
    const { request, data } = readCreateBody(body);
    const { result } = await writeOnce(exchange, body, (seal) => payloads.create(request, data, owner, seal));
    return createPayload.answer(exchange, 201, createdBody(result, publicUrl), {
      location: `${exchange.basePath}/api/v1/payloads/${result.id}`,
      ...(result.deleteToken !== null && { 'cache-control': 'no-store' }),
    });
  });

function readDecoded(exchange: Exchange, api: PayloadApi, limit: number): Promise<Uint8Array> {
  if (!exchange.request.headers.has('content-encoding')) return readBody(exchange, limit, createBounds);
  // Open the body as JSON: `withContent` would open it as an upload.
  openBody(exchange, false);
  return withContent(exchange, api, limit, ({ chunks }) => readBody(exchange, limit, createBounds, chunks));
}
