import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { renderReference } from '../../web/reference/render-reference.tsx';
import type { KeptSource } from '../shared/answers/compressible.ts';
import { asJson, type Json, mountEndpoints } from '../shared/endpoints/endpoint.ts';
import { mountResource, undocumented } from '../shared/endpoints/resource.ts';
import { serverEndpoint } from '../shared/endpoints/server-endpoints.ts';
import { type Exchange, reply } from '../shared/exchange.ts';
import { describe, type OpenApi } from './document.ts';
import { asOpenApi30 } from './openapi-30.ts';
import { referenceOf } from './reference.ts';

const showDocument = serverEndpoint({
  method: 'GET',
  path: '/docs',
  operationId: 'docs',
  summary: 'Get this document as a page',
  description: 'All operations on one page for people.',
  responses: { 200: { description: 'A page in HTML.', types: { 'text/html': Type.String() } } },
  errors: [405, 503],
});

/** Mounts the document as JSON, its page at `/docs`, and `/swagger`, which other services have. */
export function mountDocs(app: Elysia, version: string): void {
  // Created at the first request, when all routes are mounted.
  let document: OpenApi | undefined;
  const documentOf = ({ basePath }: Exchange) => (document ??= describe(app, version, basePath));
  let html: string | undefined;
  const show = showDocument.by((exchange) => {
    html ??= renderReference(referenceOf(documentOf(exchange), exchange.basePath));
    return showDocument.pass(exchange.pages.reply(exchange, 'reference', 'API', { html }, { isKept: true }));
  });
  mountEndpoints(app, [
    documentEndpoint('/openapi.json', 'openapi', '3.1', documentOf),
    documentEndpoint('/swagger/json', 'openapi30', '3.0.3', (exchange) => asOpenApi30(documentOf(exchange))),
    show,
  ]);
  mountResource(app, '/swagger', {
    GET: {
      handler: (exchange) => reply(exchange, 308, { location: `${exchange.basePath}/docs` }, null),
      operation: undocumented,
    },
  });
}

/** An endpoint that serves the document in a version of OpenAPI. It caches the text. */
function documentEndpoint(
  path: string,
  operationId: string,
  version: string,
  make: (exchange: Exchange) => object,
) {
  const endpoint = serverEndpoint({
    method: 'GET',
    path,
    operationId,
    summary: `Get this document in OpenAPI ${version}`,
    description: 'The description of all APIs of this server.',
    responses: {
      200: {
        description: `An OpenAPI ${version} document.`,
        body: Type.Object({}, { additionalProperties: Type.Unknown() }),
        headers: {},
      },
    },
    errors: [405, 503],
  });
  const kept: KeptSource & { text?: Json<object, string> } = {};
  const headers = endpoint.keep({});
  return endpoint.by((exchange) => {
    kept.text ??= asJson(JSON.stringify(make(exchange)));
    return endpoint.answerKept(exchange, kept.text, headers, kept);
  });
}
