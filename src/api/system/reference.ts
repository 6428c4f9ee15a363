import type { Reference, ReferenceBody, ReferenceField } from '../../web/reference/reference.ts';
import {
  type Media,
  type OpenApi,
  type OpenApiOperation,
  type Parameter,
  type Response,
  referenced,
} from './document.ts';
import { exampleOf, resolved, type Schema, type Schemas } from './examples.ts';

const json = 'application/json';

/** The content of the page at `/docs`: the operations, grouped by tag. */
export function referenceOf(document: OpenApi, basePath: string): Reference {
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const groups = tags.map(({ name, description }) => ({
    name,
    description,
    operations: operations
      .filter(({ operation }) => operation.tags.includes(name))
      .map(({ path, method, operation }) => ({
        id: operation.operationId,
        method,
        path,
        summary: operation.summary,
        description: operation.description ?? '',
        credentials: credentialsOf(operation, document),
        parameters: (operation.parameters ?? [])
          .map((one) => referenced(one, components.parameters))
          .map((one) => ({ ...fieldOf(one.name, one.schema, components.schemas, one), place: one.in })),
        request: bodyOf(operation.requestBody?.content, components.schemas),
        responses: Object.entries(operation.responses).map(([status, response]) =>
          responseOf(status, referenced(response, components.responses), components.schemas),
        ),
      })),
  }));
  const documents = [
    { name: 'OpenAPI 3.1', href: `${basePath}/openapi.json` },
    { name: 'OpenAPI 3.0.3', href: `${basePath}/swagger/json` },
  ];
  return { version: info.version, documents, groups };
}

function credentialsOf({ security }: OpenApiOperation, { components }: OpenApi): string[] {
  const names = security.map((one) => Object.keys(one)[0]);
  if (names.length === 0) return ['none'];
  return names.map((name) =>
    name === undefined ? 'none' : (components.securitySchemes[name]?.description ?? name),
  );
}

/** Omits the body of errors, which is the same for all operations of an API. */
function responseOf(status: string, { description, content }: Response, schemas: Schemas) {
  return { status, description, ...(status < '400' && { body: bodyOf(content, schemas) }) };
}

function bodyOf(content: Record<string, Media> | undefined, schemas: Schemas): ReferenceBody | undefined {
  if (content === undefined) return undefined;
  const media = content[json] ?? Object.values(content).find(({ schema }) => schema?.type === 'object');
  const schema = resolved(media?.schema ?? {}, schemas);
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) =>
    fieldOf(name, field, schemas, { required: schema.required?.includes(name) }),
  );
  const example = content[json] && (content[json].example ?? exampleOf(content[json].schema ?? {}, schemas));
  return {
    mediaTypes: Object.keys(content),
    fields,
    ...(example !== undefined && { example: JSON.stringify(example, null, 2) }),
  };
}

function fieldOf(
  name: string,
  reference: Schema,
  schemas: Schemas,
  { description, required = false }: Partial<Pick<Parameter, 'description' | 'required'>>,
): ReferenceField {
  const text = description ?? reference.description ?? resolved(reference, schemas).description ?? '';
  return { name, type: typeOf(reference, schemas), isRequired: required, description: text };
}

/** The type of a value in words: `string (date-time)`, `integer or null`, `array of string`. */
function typeOf(reference: Schema, schemas: Schemas): string {
  const schema = resolved(reference, schemas);
  const { anyOf, enum: values, const: constant, items, format } = schema;
  if (constant !== undefined) return JSON.stringify(constant);
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ');
  if (anyOf) return anyOf.map((one) => typeOf(one, schemas)).join(' or ');
  if (schema.type === 'array') return `array of ${typeOf(items ?? {}, schemas)}`;
  const type = [schema.type ?? 'any value'].flat().join(' or ');
  return format ? `${type} (${format})` : type;
}
