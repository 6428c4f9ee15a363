/** A schema of the document. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema;
  items?: Schema;
  anyOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  examples?: unknown[];
};
export type Schemas = Record<string, Schema>;

/** Resolves a reference to a schema. */
export function resolved(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (schemas[name] ?? {});
}

const textOfFormat: Record<string, string> = {
  'date-time': '2026-11-29T12:00:00Z',
  uri: 'https://mayfly.example/',
};

/** An example value of a schema: its own, or one built from the examples of its fields. */
export function exampleOf(reference: Schema, schemas: Schemas): unknown {
  const schema = resolved(reference, schemas);
  const { examples, const: constant, enum: values, anyOf, items, properties = {}, required = [] } = schema;
  const [given] = [...(examples ?? []), ...(values ?? [])];
  if (given !== undefined || constant !== undefined) return given ?? constant;
  if (anyOf?.[0]) return exampleOf(anyOf[0], schemas);
  const [type] = [schema.type].flat();
  if (type === 'array') return [exampleOf(items ?? {}, schemas)];
  if (type === 'object')
    return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name] ?? {}, schemas)]));
  if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, 1);
  if (type === 'boolean') return true;
  return textOfFormat[schema.format ?? ''] ?? 'text';
}
