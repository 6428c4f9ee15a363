import { type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { errorResponses, type Operation, response } from './operation-parts.ts';
import type { Methods } from './resource.ts';

/** The status codes that the errors of an endpoint can have, beside 429, 500 and 503, which any can have. */
type ErrorStatus = Parameters<typeof errorResponses>[1];

/**
 * A response that a handler can send. `body` is the schema of its JSON, `types` are those of other media types; with
 * neither it has no body. Header names are in lower case.
 */
export type ResponseDefinition = {
  description: string;
  body?: TSchema;
  types?: Record<string, TSchema>;
  headers?: TProperties;
};
export type Responses = Record<number, ResponseDefinition>;

export type EndpointDefinition<Id extends string, Defined extends Responses, Params extends TObject> = {
  method: keyof Methods;
  /** The path as the router has it: `/api/v1/payloads/:hash_id`. */
  path: string;
  /** What the document's path has behind the router's, which ends in a wildcard. */
  pathSuffix?: string;
  operationId: Id;
  summary: string;
  description?: string;
  /** The credentials that the endpoint accepts, one of them being enough (OpenAPI, "Security Requirement Object"). */
  security: readonly Record<string, never[]>[];
  params?: Params;
  query?: TObject;
  headers?: TObject;
  /** The JSON body of a request, with an example. */
  body?: { schema: TSchema; example?: unknown };
  /** Bodies of other media types. */
  bodyTypes?: Record<string, TSchema>;
  responses: Defined;
  errors: readonly ErrorStatus[];
};

/**
 * Bytes of any media type. The document says octet-stream, because generators do not know media ranges, and because
 * of `format: binary` they make bytes of it.
 */
export const anyBytes = {
  'application/octet-stream': Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }),
};

const json = 'application/json';

/** An endpoint in OpenAPI 3.1. @param error The JSON of its errors. */
export function operationOf(
  definition: EndpointDefinition<string, Responses, TObject>,
  tag: string,
  error: TSchema,
): Operation {
  const { operationId, summary, description, security, params, query, headers, pathSuffix } = definition;
  const content = contentOf(definition.body, definition.bodyTypes);
  return {
    tags: [tag],
    security,
    operationId,
    summary,
    ...(description && { description }),
    parameters: [
      ...parametersIn('path', params),
      ...parametersIn('query', query),
      ...parametersIn('header', headers),
    ],
    ...(content && { requestBody: { required: true, content } }),
    ...(pathSuffix && { 'x-path-suffix': pathSuffix }),
    responses: {
      ...errorResponses({ [json]: { schema: error } }, ...definition.errors),
      ...Object.fromEntries(
        Object.entries(definition.responses).map(([status, one]) => [status, responseOf(one)]),
      ),
    },
  };
}

function responseOf({ description, body, types, headers = {} }: ResponseDefinition): Operation {
  const described = Object.entries(headers).map(([name, { description, ...schema }]) => [
    canonicalName(name),
    { description, schema },
  ]);
  const content = contentOf(body && { schema: body }, types);
  return response(description, content, Object.fromEntries(described));
}

function contentOf(
  body?: { schema: TSchema; example?: unknown },
  types: Record<string, TSchema> = {},
): Record<string, Operation> | undefined {
  const others = Object.entries(types).map(([type, schema]) => [type, { schema }]);
  if (body === undefined && others.length === 0) return undefined;
  return { ...(body && { [json]: body }), ...Object.fromEntries(others) };
}

function parametersIn(place: 'path' | 'query' | 'header', fields?: TObject): Operation[] {
  return Object.entries(fields?.properties ?? {}).map(([name, { description, ...schema }]) => ({
    in: place,
    name,
    description,
    required: fields?.required?.includes(name) ?? false,
    schema,
  }));
}

/** As HTTP's documents write it: `Cache-Control`, `ETag`. */
function canonicalName(header: string): string {
  if (header === 'etag') return 'ETag';
  return header.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
