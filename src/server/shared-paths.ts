import type { Elysia } from 'elysia';
import type { Operation } from '../api/shared/endpoints/openapi.ts';
import {
  allowedMethods,
  type Handler,
  type Methods,
  mountResource,
} from '../api/shared/endpoints/resource.ts';
import type { Exchange } from '../api/shared/exchange.ts';
import { invalidCredential } from '../core/failure.ts';

/** How the names of the errors that both APIs document begin. */
const errorName = 'FileError';

/**
 * Mounts a path that two APIs share. The owner of the request answers it.
 *
 * @param isSecond Whether the second API owns the request.
 */
export function mountShared(
  app: Elysia,
  path: string,
  first: Methods,
  second: Methods,
  isSecond: (exchange: Exchange) => boolean,
): void {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]) as Set<keyof Methods>;
  const methods = [...names].map((name) => {
    const handler: Handler = (exchange, params) => {
      const owner = isSecond(exchange) ? second : first;
      const method = owner[name];
      if (method) return method.handler(exchange, params);
      // Without a credential, the API that the call is for is unknown.
      if (!exchange.credential) throw invalidCredential();
      return exchange.errors.methodNotAllowed(exchange, allowed(exchange));
    };
    const [one, other] = [first[name]?.operation, second[name]?.operation];
    if (one && other) return [name, { handler, operation: merged(one, other) }];
    const operation = one ?? other ?? {};
    const [lacking] = Object.values(one ? second : first);
    if (lacking === undefined) return [name, { handler, operation }];
    const [documented, refusals] = [responsesOf(operation), refusalsOf(lacking.operation)];
    const responses = one ? mergedResponses(documented, refusals) : mergedResponses(refusals, documented);
    return [name, { handler, operation: { ...operation, responses } }];
  });
  const allowed = (exchange: Exchange) => allowedMethods(isSecond(exchange) ? second : first, path);
  mountResource(app, path, Object.fromEntries(methods), { allowed });
}

/** Describes the operations of both APIs as one, because the document has one for each method of a path. */
function merged(first: Operation, second: Operation): Operation {
  const lists = (name: string) => [first[name], second[name]].flatMap((list) => (list as unknown[]) ?? []);
  const parameters = lists('parameters') as { name: string; in: string }[];
  const seen = new Set<string>();
  return {
    tags: first.tags,
    security: lists('security'),
    operationId: first.operationId,
    summary: first.summary,
    description: `With a PutPut token: ${first.summary}. With an UploadKit key: ${second.summary}.`,
    parameters: parameters.filter(({ name, in: place }) => {
      const isNew = !seen.has(`${place} ${name}`);
      seen.add(`${place} ${name}`);
      return isNew;
    }),
    ...((first.requestBody ?? second.requestBody) !== undefined && {
      requestBody: first.requestBody ?? second.requestBody,
    }),
    responses: mergedResponses(responsesOf(first), responsesOf(second)),
  };
}

/** The responses to a credential of the API that does not have the operation, and to none. */
function refusalsOf(lacking: Operation): Responses {
  const { 401: unauthorized } = responsesOf(lacking);
  if (unauthorized === undefined) return {};
  const { description: _, 'x-component': __, ...response } = unauthorized;
  return {
    401: unauthorized,
    405: { description: 'The path has no such method for this credential.', ...response },
  };
}

type DocumentedResponse = {
  description: string;
  content?: Record<string, { schema: unknown }>;
  'x-component'?: string;
};
type Responses = Record<string, DocumentedResponse>;

function responsesOf(operation: Operation): Responses {
  return operation.responses as Responses;
}

/** The bodies of both APIs, always in the same order, so that operations share the merged errors. */
function mergedResponses(first: Responses, second: Responses): Responses {
  const statuses = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries(
    [...statuses].map((status) => {
      const [one, other] = [first[status], second[status]];
      if (one === undefined || other === undefined) return [status, one ?? other];
      const schemas = [one, other].flatMap(({ content }) => content?.['application/json']?.schema ?? []);
      const merged = { ...one, content: { 'application/json': { schema: { anyOf: schemas } } } };
      return [status, status < '400' ? merged : { ...merged, 'x-component': `${errorName}${status}` }];
    }),
  ) as Responses;
}
