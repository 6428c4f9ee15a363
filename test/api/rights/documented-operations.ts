import { exampleOf, type Schema, type Schemas } from '../../../src/api/system/examples.ts';

/** An operation of the OpenAPI document that may store something. */
export type DocumentedOperation = {
  id: string;
  method: string;
  path: string;
  body: { type: string; value: unknown } | undefined;
};

type Operation = {
  operationId: string;
  requestBody?: { content: Record<string, { schema?: Schema; example?: unknown }> };
};

/** Every POST, PUT and PATCH in the server's own document. */
export async function operationsOf(url: string): Promise<DocumentedOperation[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Schemas };
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ['post', 'put', 'patch'].includes(method))
      .map(([method, { operationId, requestBody }]) => ({
        id: operationId,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{[^}]+\}/g, 'some-name'),
        body: bodyOf(requestBody, document.components.schemas),
      })),
  );
}

/** Sends an operation as documented, without a credential. */
export function sendAs(url: string, { method, path, body }: DocumentedOperation): Promise<Response> {
  if (body === undefined) return fetch(url + path, { method });
  const headers = { 'Content-Type': body.type };
  const text = body.type === 'application/json' ? JSON.stringify(body.value) : 'some content';
  if (body.type !== 'application/x-www-form-urlencoded')
    return fetch(url + path, { method, headers, body: text });
  return fetch(url + path, { method, body: new URLSearchParams(body.value as Record<string, string>) });
}

function bodyOf(requestBody: Operation['requestBody'], schemas: Schemas): DocumentedOperation['body'] {
  const [content] = Object.entries(requestBody?.content ?? {});
  if (content === undefined) return undefined;
  const [type, { schema, example }] = content;
  return { type, value: example ?? exampleOf(schema ?? {}, schemas) };
}
