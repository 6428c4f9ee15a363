import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { toOpenAPISchema } from '@elysiajs/openapi';
import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { KeptSource } from '../shared/compressible.ts';
import { replyCompressible } from '../shared/compression.ts';
import { asJson, type Json, mountEndpoints } from '../shared/endpoint.ts';
import { keptHeaders, reply } from '../shared/exchange.ts';
import { type Handler, mountResource, type Operation, undocumented } from '../shared/resource.ts';
import { serverEndpoint } from '../shared/server-endpoints.ts';
import { withPlainSchemas } from './plain-schemas.ts';
import { withComponents } from './shared-components.ts';

const openapiVersion = '3.1.2';
/** The plugin would take a path with a dot in it, this document's own, for a file. */
const everyPath = { staticFile: false };

const pageAt = (basePath: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mayfly API</title>
<link rel="stylesheet" href="${basePath}/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${basePath}/docs/swagger-ui-bundle.js"></script>
<script src="${basePath}/docs/start.js"></script>
</body>
</html>
`;
// Without `validatorUrl: null` Swagger UI asks a public server about the document.
const startScript =
  "SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n";

/** Everything comes from this server, so that the page works offline; Swagger UI sets styles inline. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

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

/** `/openapi.json`, the page made of it at `/docs`, and the addresses of the plugin's predecessor. */
export function mountDocs(app: Elysia, version: string): void {
  const document: KeptSource & { text?: Json<object, string> } = {};
  const headers = readDocument.keep({});
  const read = readDocument.by((exchange) => {
    // Built when first asked for: by then every route is mounted.
    document.text ??= asJson(JSON.stringify(describe(app, version, exchange.basePath)));
    return readDocument.answerKept(exchange, document.text, headers, document);
  });
  const show = showDocument.by((exchange) =>
    showDocument.pass(reply(exchange, 200, pageHeaders, pageAt(exchange.basePath))),
  );
  mountEndpoints(app, [read, show]);
  const serve = (path: string, handler: Handler) =>
    mountResource(app, path, { GET: { handler, operation: undocumented } });
  serve('/docs/start.js', (exchange) => reply(exchange, 200, assetHeaders('text/javascript'), startScript));
  serve('/docs/swagger-ui.css', asset('swagger-ui.css', 'text/css'));
  serve('/docs/swagger-ui-bundle.js', asset('swagger-ui-bundle.js', 'text/javascript'));
  serve('/swagger', (exchange) => reply(exchange, 308, { location: `${exchange.basePath}/docs` }, null));
  serve('/swagger/json', (exchange) =>
    reply(exchange, 308, { location: `${exchange.basePath}/openapi.json` }, null),
  );
}

function asset(file: string, type: string): Handler {
  const source: KeptSource = {};
  let content: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return async (exchange) => {
    content ??= readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${file}`)));
    const bytes = await content;
    return replyCompressible(exchange, keptHeaders(assetHeaders(type)), bytes, source);
  };
}

function assetHeaders(type: string): Record<string, string> {
  return {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'public, max-age=86400',
  };
}

/**
 * A wildcard is `*` to the router, which is no parameter's name in the document. What follows a wildcard in the
 * path of an operation the router does not know: such an operation has a path of its own.
 */
function withNamedWildcards(paths: Operation): Operation {
  const named: Record<string, Operation> = {};
  for (const [path, item] of Object.entries(paths as Record<string, Record<string, Operation>>))
    for (const [method, { 'x-path-suffix': suffix = '', ...operation }] of Object.entries(item)) {
      const place = `${path.replace('*', '{key}')}${suffix}`;
      named[place] = { ...named[place], [method]: withParameters(operation) };
    }
  return named;
}

type Parameter = { in: string; name: string };

/** The parameters that an operation says itself, and those of its path that it does not. */
function withParameters({ 'x-parameters': own, parameters, ...operation }: Operation): Operation {
  const named = (list: unknown) =>
    ((list ?? []) as Parameter[]).map((one) => (one.name === '*' ? { ...one, name: 'key' } : one));
  const [said, inPath] = [named(own), named(parameters)];
  const isSaid = ({ name }: Parameter) => said.some((one) => one.in === 'path' && one.name === name);
  const all = [...inPath.filter((one) => !isSaid(one)), ...said];
  return all.length === 0 ? operation : { ...operation, parameters: all };
}

function describe(app: Elysia, version: string, basePath: string): Operation {
  const { paths: inlined, components } = toOpenAPISchema(
    app,
    everyPath,
    undefined,
    undefined,
    openapiVersion,
  );
  const shared = withComponents(withPlainSchemas(withNamedWildcards(inlined)));
  return {
    openapi: openapiVersion,
    info: {
      title: 'Mayfly',
      version,
      description: 'A self-hosted service for things that should not last.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: basePath || '/' }],
    tags: [
      { name: 'payloads', description: 'Content that is gone when its time is up.' },
      { name: 'putput', description: 'Files of guests and accounts, uploaded straight to storage.' },
      { name: 'uploadkit', description: 'Files of applications, let in by file routes.' },
      { name: 'files', description: 'The bytes of files.' },
      { name: 'buckets', description: 'Buckets of objects.' },
      { name: 'objects', description: 'Objects under keys of buckets.' },
      { name: 'multipart', description: 'Objects that come in parts.' },
      { name: 'signed URLs', description: 'URLs that do one thing without a key.' },
      { name: 'webhooks', description: 'URLs that are told what happens to objects.' },
      { name: 'keys', description: 'The keys of an account.' },
      { name: 'account', description: 'The account, its limits and its usage.' },
      { name: 'server', description: 'The server itself. These calls are not counted.' },
    ],
    paths: shared.paths,
    components: {
      ...components,
      ...shared.components,
      securitySchemes: {
        metricsToken: { type: 'http', scheme: 'bearer', description: 'METRICS_TOKEN' },
        payloadKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key that can only create payloads, pl_live_…',
        },
        storageKey: { type: 'http', scheme: 'bearer', description: 'An API key, sk_live_…' },
        putputToken: { type: 'http', scheme: 'bearer', description: 'A token, pp_…' },
        uploadkitBearer: { type: 'http', scheme: 'bearer', description: 'An API key, uk_live_…' },
        uploadkitKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'An API key, uk_live_…',
        },
      },
    },
  };
}
