import { type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import type { KeyKind } from '../../../core/ports/accounts/account-store.ts';
import { idempotency } from './idempotency-key.ts';
import { describedErrors, type ErrorStatus, named, type Operation, response } from './openapi.ts';

/**
 * A response that a handler can send. `body` is the schema of its JSON, and `types` has the schemas of other media
 * types. Without both, it has no body. Header names are in lower case.
 */
export type ResponseDefinition = {
  description: string;
  body?: TSchema;
  types?: Record<string, TSchema>;
  headers?: TProperties;
  /** The name of the response in the document, if endpoints share it. */
  name?: string;
};
export type Responses = Record<number, ResponseDefinition>;

/** The methods that an endpoint can have. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Credentials, of which one is enough (OpenAPI, "Security Requirement Object"). */
type Security = readonly Record<string, never[]>[];

export type EndpointDefinition<Id extends string, Defined extends Responses, Params extends TObject> = {
  method: Method;
  /** The path in the router's notation: `/api/v1/payloads/:hash_id`. */
  path: string;
  /** The suffix of the document's path, if the router's path ends in a wildcard. */
  pathSuffix?: string;
  operationId: Id;
  summary: string;
  description?: string;
  /** The credentials that the endpoint accepts, if they differ from those of its API. */
  security?: Security;
  params?: Params;
  query?: TObject;
  headers?: TObject;
  /** The JSON body of a request, with an example. */
  body?: { schema: TSchema; example?: unknown };
  /** Bodies of other media types. */
  bodyTypes?: Record<string, TSchema>;
  responses: Defined;
  /** The error statuses that do not follow from the rest of the definition. */
  errors?: readonly ErrorStatus[];
  /** What errors mean here instead of the usual. A 409 can have both meanings. */
  errorDescriptions?: Partial<Record<ErrorStatus, string>>;
};

/** What the endpoints of an API have in common. */
export type ApiDefinition = {
  tag: string;
  /** The schema of its errors. */
  error: TSchema;
  /** How the names of its error responses begin: with the name of the schema by default. */
  errorName?: string;
  /** The media type of its errors: JSON by default. */
  errorType?: string;
  /** The kind of key that authenticates an account. */
  keyKind?: KeyKind;
  /** The credentials that its endpoints accept: none by default. */
  security?: Security;
  /** Whether rate limits count its requests. They do by default. */
  isCounted?: boolean;
};

/**
 * Bytes of any media type. The document says octet-stream, because generators do not know media ranges, and because
 * of `format: binary` they make bytes of it.
 */
export const anyBytes = {
  'application/octet-stream': Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }),
};

/** The responses to requests for a range, and to conditional requests. */
export const partialResponses = {
  206: {
    description: 'A range of the content.',
    types: anyBytes,
    headers: { 'content-range': Type.String({ description: 'The range.' }) },
    name: 'PartialContent',
  },
  304: { description: 'Not modified.', name: 'NotModified' },
} as const;

/** The response to a delete. */
export const deleted = { description: 'Deleted.', headers: idempotency.responseHeaders, name: 'Deleted' };

const json = 'application/json';

/** An endpoint in OpenAPI 3.1. */
export function operationOf(
  definition: EndpointDefinition<string, Responses, TObject>,
  api: ApiDefinition,
): Operation {
  const { tag, error, errorName = error.$id ?? 'Error', errorType = json, isCounted = true } = api;
  const { operationId, summary, description, params, query, headers, pathSuffix } = definition;
  const { security = api.security ?? [] } = definition;
  const content = contentOf(definition.body, definition.bodyTypes);
  const parameters = [
    ...parametersIn('path', params),
    ...parametersIn('query', query),
    ...parametersIn('header', headers),
  ];
  const errors: ErrorStatus[] = [500, ...(definition.errors ?? [])];
  if (security.length > 0) errors.push(401);
  if (content) errors.push(400, 408, 415);
  // There may be no room for the record of the key.
  if (headers && 'Idempotency-Key' in headers.properties) errors.push(400, 409, 507);
  // An address can be banned.
  if (isCounted) errors.push(403, 429, 503);
  return {
    tags: [tag],
    security,
    operationId,
    summary,
    ...(description && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(content && { requestBody: { required: true, content } }),
    ...(pathSuffix && { 'x-path-suffix': pathSuffix }),
    responses: {
      ...describedErrors(errors, {
        name: errorName,
        content: { [errorType]: { schema: error } },
        isCounted,
        descriptions: definition.errorDescriptions,
      }),
      ...Object.fromEntries(
        Object.entries(definition.responses).map(([status, one]) => [
          status,
          named(one.name ?? `${operationId}${status}`, responseOf(one, isCounted)),
        ]),
      ),
    },
  };
}

function responseOf(
  { description, body, types, headers = {} }: ResponseDefinition,
  isCounted: boolean,
): Operation {
  const described = Object.entries(headers).map(([name, { description, ...schema }]) => [
    canonicalName(name),
    { description, schema },
  ]);
  const content = contentOf(body && { schema: body }, types);
  return response(description, content, Object.fromEntries(described), isCounted);
}

function contentOf(
  body?: { schema: TSchema; example?: unknown },
  types: Record<string, TSchema> = {},
): Record<string, Operation> | undefined {
  const others = Object.entries(types).map(([type, schema]) => [type, { schema }]);
  if (body === undefined && others.length === 0) return undefined;
  return { ...(body && { [json]: body }), ...Object.fromEntries(others) };
}

/** Parameters are components by their place and name, or by the `$id` of their schema in place of the name. */
function parametersIn(place: 'path' | 'query' | 'header', fields?: TObject): Operation[] {
  return Object.entries(fields?.properties ?? {}).map(([property, { description, $id, ...schema }]) => {
    const name = property === '*' ? 'key' : property;
    const required = fields?.required?.includes(property) ?? false;
    return named(`${place}.${$id ?? name}`, { in: place, name, description, required, schema });
  });
}

/** The usual spelling of a header: `Cache-Control`, `ETag`. */
function canonicalName(header: string): string {
  if (header === 'etag') return 'ETag';
  return header.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
