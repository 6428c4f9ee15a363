import type { Elysia } from 'elysia';
import type { Operation } from '../shared/endpoints/openapi.ts';
import type { Schema, Schemas } from './examples.ts';
import { withPlainSchemas } from './plain-schemas.ts';
import { withComponents } from './shared-components.ts';

const openapiVersion = '3.1.2';

export type Media = { schema?: Schema; example?: unknown };
export type Parameter = {
  $ref?: string;
  in: string;
  name: string;
  description?: string;
  required?: boolean;
  schema: Schema;
};
export type Response = { $ref?: string; description: string; content?: Record<string, Media> };
export type OpenApiOperation = {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: Record<string, never[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
};
/** The fields of an OpenAPI document that this server uses. */
export type OpenApi = {
  openapi: string;
  info: { version: string; license: { name: string; identifier?: string } };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: {
    schemas: Schemas;
    responses: Record<string, Response>;
    parameters: Record<string, Parameter>;
    securitySchemes: Record<string, { description: string }>;
  };
};

/** The component that an item refers to, or the item itself. */
export function referenced<Item extends { $ref?: string }>(
  item: Item,
  components: Record<string, Item>,
): Item {
  const name = item.$ref?.split('/').at(-1);
  return name === undefined ? item : (components[name] ?? item);
}

/**
 * The operations of all routes that are not hidden, by path and method. `{key}` is the wildcard of the router, which does
 * not know what follows a wildcard: operations that differ only in that get paths of their own.
 */
function operationsByPath(app: Elysia): Operation {
  const paths: Record<string, Operation> = {};
  for (const { path, method, hooks } of app.routes) {
    const { hide, 'x-path-suffix': suffix = '', ...operation } = hooks.detail;
    if (hide) continue;
    const template = `${path.replace(/:([^/]+)/g, '{$1}').replace('*', '{key}')}${suffix}`;
    paths[template] = { ...paths[template], [method.toLowerCase()]: operation };
  }
  return paths;
}

/** Describes every route of the router that is not hidden. */
export function describe(app: Elysia, version: string, basePath: string): OpenApi {
  const shared = withComponents(withPlainSchemas(operationsByPath(app)));
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
      { name: 'payloads', description: 'Content that expires and never changes.' },
      { name: 'putput', description: 'Files of guests and accounts, uploaded to presigned URLs.' },
      { name: 'uploadkit', description: 'Files of applications, accepted by file routes.' },
      { name: 'files', description: 'The content of files of PutPut and UploadKit.' },
      { name: 'buckets', description: 'Buckets of objects.' },
      { name: 'objects', description: 'Objects of a bucket, each under a key.' },
      { name: 'multipart', description: 'Objects that are uploaded in parts.' },
      { name: 'signed URLs', description: 'URLs that read or write one object without a key.' },
      { name: 'webhooks', description: 'URLs that receive the events of objects.' },
      { name: 'keys', description: 'The API keys of an account.' },
      { name: 'account', description: 'The account, its limits and its usage.' },
      { name: 'server', description: 'The server itself. Rate limits do not count these requests.' },
    ],
    paths: shared.paths,
    components: {
      ...shared.components,
      securitySchemes: {
        metricsToken: { type: 'http', scheme: 'bearer', description: 'METRICS_TOKEN' },
        payloadKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key that can only create payloads, pl_live_…',
        },
        creationKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'Either of these keys in the header x-api-key',
        },
        creationPassword: {
          type: 'http',
          scheme: 'basic',
          description: 'Either of these keys as the password of Basic authentication, with any user name',
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
  } as unknown as OpenApi;
}
