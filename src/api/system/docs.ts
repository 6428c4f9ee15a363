import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { renderReference } from '../../web/reference/render-reference.tsx';
import type { KeptSource } from '../shared/compressible.ts';
import { asJson, type Json, mountEndpoints } from '../shared/endpoint.ts';
import { type Exchange, reply } from '../shared/exchange.ts';
import { mountResource, undocumented } from '../shared/resource.ts';
import { serverEndpoint } from '../shared/server-endpoints.ts';
import { describe, type OpenApi } from './document.ts';
import { referenceOf } from './reference.ts';

const readDocument = serverEndpoint({
  method: 'GET',
  path: '/openapi.json',
  operationId: 'openapi',
  summary: 'Get this document',
  description: 'The description of all APIs of this server, in OpenAPI 3.1.',
  security: [],
  responses: {
    200: {
      description: 'An OpenAPI 3.1 document.',
      body: Type.Object({}, { additionalProperties: Type.Unknown() }),
      headers: {},
    },
  },
  errors: [405, 503],
});

const showDocument = serverEndpoint({
  method: 'GET',
  path: '/docs',
  operationId: 'docs',
  summary: 'Show this document as a page',
  description: 'For people: all operations on one page.',
  security: [],
  responses: { 200: { description: 'A page in HTML.', types: { 'text/html': Type.String() } } },
  errors: [405, 503],
});

/** Mounts `/openapi.json`, the page made of it at `/docs`, and the addresses of the plugin's predecessor. */
export function mountDocs(app: Elysia, version: string): void {
  // Made at the first request: all routes are mounted by then.
  let document: OpenApi | undefined;
  const documentOf = ({ basePath }: Exchange) => (document ??= describe(app, version, basePath));
  const kept: KeptSource & { text?: Json<object, string> } = {};
  const headers = readDocument.keep({});
  const read = readDocument.by((exchange) => {
    kept.text ??= asJson(JSON.stringify(documentOf(exchange)));
    return readDocument.answerKept(exchange, kept.text, headers, kept);
  });
  let html: string | undefined;
  const show = showDocument.by((exchange) => {
    html ??= renderReference(referenceOf(documentOf(exchange), exchange.basePath));
    return showDocument.pass(exchange.pages.reply(exchange, 'reference', 'API', { html }));
  });
  mountEndpoints(app, [read, show]);
  const redirect = (path: string, target: string) =>
    mountResource(app, path, {
      GET: {
        handler: (exchange) => reply(exchange, 308, { location: `${exchange.basePath}${target}` }, null),
        operation: undocumented,
      },
    });
  redirect('/swagger', '/docs');
  redirect('/swagger/json', '/openapi.json');
}
