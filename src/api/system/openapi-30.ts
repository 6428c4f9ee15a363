import type { OpenApi } from './document.ts';

/**
 * The document in OpenAPI 3.0.3, for programs that do not read 3.1. It converts what our schemas have; a test validates
 * the result, so that it finds a construct of 3.1 that is missing here.
 */
export function asOpenApi30(document: OpenApi): object {
  const { identifier: _, ...license } = document.info.license;
  const converted = convert(document) as OpenApi;
  return { ...converted, openapi: '3.0.3', info: { ...document.info, license } };
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, field]) => entriesOf(name, field)));
}

/** What a keyword of a schema is in 3.0. A field of this name in a list of properties is an object. */
function entriesOf(name: string, value: unknown): [string, unknown][] {
  if (name === 'example') return [[name, value]];
  if (name === 'examples' && Array.isArray(value)) return [['example', value[0]]];
  if (name === 'const' && typeof value !== 'object') return [['enum', [value]]];
  if (name !== 'type' || !Array.isArray(value)) return [[name, convert(value)]];
  // With null and without: the document has no other lists of types.
  return [
    ['type', value.find((type) => type !== 'null')],
    ['nullable', true],
  ];
}
