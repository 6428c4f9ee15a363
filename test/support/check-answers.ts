import { FormatRegistry, type TSchema, Type, TypeRegistry } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { checkAnswersWith } from '../../src/api/shared/endpoints/answer-check.ts';
import type { Operation } from '../../src/api/shared/endpoints/openapi.ts';

// Preloaded into a tested server: a response that its endpoint does not define becomes a 500.

FormatRegistry.Set('date-time', (text) => !Number.isNaN(Date.parse(text)));
FormatRegistry.Set('uri', (text) => URL.canParse(text));

const plainTypes: Record<string, TSchema> = {
  string: Type.String(),
  integer: Type.Integer(),
  boolean: Type.Boolean(),
  object: Type.Object({}),
};
// TypeBox leaves the checks of `Unsafe` schemas to the caller.
type PlainSchema = {
  type: string | string[];
  enum?: unknown[];
  minimum?: number;
  format?: string;
  additionalProperties?: PlainSchema;
};
TypeRegistry.Set<PlainSchema>('Unsafe', fitsPlainSchema);

function fitsPlainSchema(schema: PlainSchema, value: unknown): boolean {
  const { type, minimum, format, additionalProperties } = schema;
  if (
    ![type]
      .flat()
      .some((one) => (one === 'null' ? value === null : Value.Check(plainTypes[one] ?? Type.Never(), value)))
  )
    return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (typeof value === 'number') return minimum === undefined || value >= minimum;
  if (typeof value === 'string') return format === undefined || FormatRegistry.Get(format)?.(value) === true;
  if (value === null || additionalProperties === undefined) return true;
  return Object.values(value as object).every((field) => fitsPlainSchema(additionalProperties, field));
}

checkAnswersWith({
  answer({ operationId, responses }, status, body, headers) {
    const defined = responses[status];
    if (defined === undefined) throw new Error(`${operationId} has no response ${status}`);
    requireFit(`${operationId} ${status} headers`, Type.Object(defined.headers ?? {}), headers);
    // A stream is not buffered for a check.
    if (body instanceof ReadableStream) return;
    const value = typeof body === 'string' ? JSON.parse(body) : body;
    if (defined.body !== undefined) requireFit(`${operationId} ${status}`, defined.body, value);
    else if (value !== null) throw new Error(`${operationId} ${status} has no body`);
  },
  kept(definition, body, sent) {
    // Every response has other headers too, which the endpoint does not define.
    const names = Object.keys(definition.responses[200]?.headers ?? {}).filter((name) => sent.has(name));
    this.answer(definition, 200, body, Object.fromEntries(names.map((name) => [name, sent.get(name)])));
  },
  passed({ operationId, responses }, response, operation) {
    // Errors have the shape of their API.
    if (response.status >= 400) return requireDocumented(operation, response);
    const defined = responses[response.status];
    if (defined === undefined) throw new Error(`${operationId} has no response ${response.status}`);
    const [type = ''] = response.headers.get('content-type')?.split(';') ?? [];
    const types = [...(defined.body ? ['application/json'] : []), ...Object.keys(defined.types ?? {})];
    if (response.body !== null && !types.includes(type) && !types.includes('application/octet-stream'))
      throw new Error(`${operationId} ${response.status} is not defined for ${type}`);
  },
  failed: requireDocumented,
});

function requireDocumented({ operationId, responses }: Operation, { status }: Response): void {
  // Pages are not in the document.
  if (responses !== undefined && !Object.hasOwn(responses as object, status))
    throw new Error(`${operationId} does not document ${status}`);
}

/** Whether the value fits the schema, and has no other fields. */
function requireFit(what: string, schema: TSchema, value: unknown): void {
  const error = Value.Errors(schema, value).First();
  if (error !== undefined) throw new Error(`${what}: ${error.path} ${error.message}`);
  const known = JSON.stringify(Value.Clean(schema, structuredClone(value)));
  if (known !== JSON.stringify(value)) throw new Error(`${what} has fields that are not defined`);
}
