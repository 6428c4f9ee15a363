import type { Operation } from '../shared/endpoints/openapi.ts';

/**
 * Writes TypeBox schemas as OpenAPI tools expect them: a union with null as an array of types, a union of strings
 * as an enumeration, a record as `additionalProperties`, and with the rules that the core checks. The schemas that
 * check requests stay as they are.
 */
export function withPlainSchemas(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainSchemas);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withPlainSchemas(field)]);
  const { checkedByCore, ...schema } = Object.fromEntries(fields);
  return withEnum(withoutNullUnion(withoutPattern({ ...schema, ...checkedByCore })));
}

function withoutNullUnion({ anyOf, ...schema }: Operation): Operation {
  if (anyOf === undefined) return schema;
  const others = (anyOf as Operation[]).filter(({ type }) => type !== 'null');
  const [other] = others;
  if (others.length !== 1 || typeof other?.type !== 'string') return { ...schema, anyOf };
  return { ...other, ...schema, type: [other.type, 'null'] };
}

/** Generators create a type for each alternative of a union. */
function withEnum({ anyOf, ...schema }: Operation): Operation {
  const alternatives = anyOf as Operation[] | undefined;
  if (alternatives?.every((one) => one.type === 'string' && one.const !== undefined))
    return { type: 'string', enum: alternatives.map((one) => one.const), ...schema };
  return alternatives === undefined ? schema : { ...schema, anyOf };
}

/** `Type.Record` has one pattern, which matches any key. */
function withoutPattern({ patternProperties, ...schema }: Operation): Operation {
  if (patternProperties === undefined) return schema;
  return { ...schema, additionalProperties: Object.values(patternProperties as object)[0] };
}
