import { FormatRegistry, type TSchema, Type, TypeRegistry } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { checkAnswersWith } from '../../src/api/shared/endpoint.ts';

// Loaded before a server that is tested: an answer that is not as its endpoint defines it becomes a 500.

FormatRegistry.Set('date-time', (text) => !Number.isNaN(Date.parse(text)));
FormatRegistry.Set('uri', (text) => URL.canParse(text));

/** Of `Type.Unsafe` this checks `enum`, and which of null and other values `type` allows. */
TypeRegistry.Set('Unsafe', (schema: { type?: string | string[]; enum?: unknown[] }, value) => {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  const types = [schema.type ?? []].flat();
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return types.length === 0 || types.includes(type) || (Number.isInteger(value) && types.includes('integer'));
});

checkAnswersWith({
  answer({ operationId, responses }, status, body, headers) {
    const defined = responses[status];
    if (defined === undefined) throw new Error(`${operationId} has no response ${status}`);
    if (headers !== undefined)
      requireFit(`${operationId} ${status} headers`, Type.Object(defined.headers ?? {}), headers);
    // A stream is not held to be checked.
    if (body instanceof ReadableStream) return;
    const value = typeof body === 'string' ? JSON.parse(body) : body;
    if (defined.body !== undefined) requireFit(`${operationId} ${status}`, defined.body, value);
    else if (value !== null) throw new Error(`${operationId} ${status} has no body`);
  },
  passed({ operationId, responses }, response) {
    // Errors have a shape of their API.
    if (response.status >= 400) return;
    const defined = responses[response.status];
    if (defined === undefined) throw new Error(`${operationId} has no response ${response.status}`);
    const [type = ''] = response.headers.get('content-type')?.split(';') ?? [];
    const types = [...(defined.body ? ['application/json'] : []), ...Object.keys(defined.types ?? {})];
    if (response.body !== null && !types.includes(type) && !types.includes('*/*'))
      throw new Error(`${operationId} ${response.status} is not defined for ${type}`);
  },
});

/** The value fits the schema, and has no fields that the schema does not name. */
function requireFit(what: string, schema: TSchema, value: unknown): void {
  const error = Value.Errors(schema, value).First();
  if (error !== undefined) throw new Error(`${what}: ${error.path} ${error.message}`);
  const known = JSON.stringify(Value.Clean(schema, structuredClone(value)));
  if (known !== JSON.stringify(value)) throw new Error(`${what} has fields that are not defined`);
}
