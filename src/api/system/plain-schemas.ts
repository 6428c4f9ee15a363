import type { Operation } from '../shared/endpoints/resource.ts';

/**
 * Writes TypeBox schemas as OpenAPI tools expect them: a union with null as an array of types, a record as
 * `additionalProperties`, and with the rules that the core checks. The schemas that check requests stay as they are.
 */
export function withPlainSchemas(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainSchemas);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withPlainSchemas(field)]);
  const { checkedByCore, ...schema } = Object.fromEntries(fields);
  return withoutNullUnion(withoutPattern({ ...schema, ...checkedByCore }));
}

function withoutNullUnion({ anyOf, ...schema }: Operation): Operation {
  if (anyOf === undefined) return schema;
  const others = (anyOf as Operation[]).filter(({ type }) => type !== 'null');
  const [other] = others;
  if (others.length !== 1 || typeof other?.type !== 'string') return { ...schema, anyOf };
  return { ...other, ...schema, type: [other.type, 'null'] };
}

/** `Type.Record` has one pattern, which matches any key. */
function withoutPattern({ patternProperties, ...schema }: Operation): Operation {
  if (patternProperties === undefined) return schema;
  return { ...schema, additionalProperties: Object.values(patternProperties as object)[0] };
}
