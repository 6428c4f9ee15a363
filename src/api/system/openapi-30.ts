import type { OpenApi } from './document.ts';

/**
 * The document in OpenAPI 3.0.3, for programs that do not read 3.1. It converts the constructs that our schemas use; a
 * test validates the result and so finds one that is missing here.
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

/** The keywords of 3.0 for one of 3.1. In a list of properties the name is a field, with an object as its value. */
function entriesOf(name: string, value: unknown): [string, unknown][] {
  if (name === 'example') return [[name, value]];
  if (name === 'examples' && Array.isArray(value)) return [['example', value[0]]];
  if (name === 'const' && typeof value !== 'object') return [['enum', [value]]];
  if (name !== 'type' || !Array.isArray(value)) return [[name, convert(value)]];
  // A type and null: the document has no other lists of types.
  return [
    ['type', value.find((type) => type !== 'null')],
    ['nullable', true],
  ];
}
