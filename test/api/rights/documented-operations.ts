/** An operation of the OpenAPI document that may store something. */
export type DocumentedOperation = {
  id: string;
  method: string;
  path: string;
  body: { type: string; value: unknown } | undefined;
};

type Schema = {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  examples?: unknown[];
};
type Operation = {
  operationId: string;
  requestBody?: { content: Record<string, { schema?: Schema; example?: unknown }> };
};

/** What the server's own document says of every POST, PUT and PATCH. */
export async function operationsOf(url: string): Promise<DocumentedOperation[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ['post', 'put', 'patch'].includes(method))
      .map(([method, { operationId, requestBody }]) => ({
        id: operationId,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{[^}]+\}/g, 'some-name'),
        body: bodyOf(requestBody),
      })),
  );
}

/** Sends an operation as it is documented, without a credential. */
export function sendAs(url: string, { method, path, body }: DocumentedOperation): Promise<Response> {
  if (body === undefined) return fetch(url + path, { method });
  const headers = { 'Content-Type': body.type };
  const text = body.type === 'application/json' ? JSON.stringify(body.value) : 'some content';
  if (body.type !== 'application/x-www-form-urlencoded')
    return fetch(url + path, { method, headers, body: text });
  return fetch(url + path, { method, body: new URLSearchParams(body.value as Record<string, string>) });
}

function bodyOf(requestBody: Operation['requestBody']): DocumentedOperation['body'] {
  const contents = Object.entries(requestBody?.content ?? {});
  const content = contents.find(([type]) => type !== 'multipart/form-data');
  if (content === undefined) return undefined;
  const [type, { schema, example }] = content;
  return { type: type === '*/*' ? 'text/plain' : type, value: example ?? sampleOf(schema ?? {}) };
}

function sampleOf(schema: Schema): unknown {
  const { type, properties = {}, required = [], items, anyOf, examples } = schema;
  if (examples?.[0] !== undefined) return examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (anyOf?.[0]) return sampleOf(anyOf[0]);
  if (type === 'array') return [sampleOf(items ?? {})];
  if (type === 'object')
    return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] ?? {})]));
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  return 'text';
}
