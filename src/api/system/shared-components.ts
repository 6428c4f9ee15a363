import type { Operation } from '../shared/endpoints/openapi.ts';

type Documented = { responses: Record<string, Operation>; parameters?: Operation[] };
type Paths = Record<string, Record<string, Documented>>;
type Components = Record<'schemas' | 'responses' | 'parameters' | 'headers', Record<string, unknown>>;

/**
 * Moves what operations share into components, and leaves references: schemas with an `$id`, responses, parameters and
 * headers. Otherwise the document is three times as long.
 */
export function withComponents(inlined: unknown): { paths: Paths; components: Components } {
  const schemas: Record<string, unknown> = {};
  const paths = withSchemaReferences(inlined, schemas) as Paths;
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const headers = share(
    'headers',
    operations
      .flatMap(({ responses }) => Object.values(responses))
      .flatMap((response) => placesIn(response.headers as Record<string, Operation>, shortName)),
  );
  const responses = share(
    'responses',
    operations.flatMap((operation) => placesIn(operation.responses, componentOf)),
  );
  const parameters = share(
    'parameters',
    operations.flatMap((operation) => placesIn(operation.parameters, componentOf)),
  );
  return { paths, components: { schemas, responses, parameters, headers } };
}

function withSchemaReferences(value: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => withSchemaReferences(item, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { $id, ...fields } = value as Operation;
  const copy = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, withSchemaReferences(field, schemas)]),
  );
  if (typeof $id !== 'string') return copy;
  schemas[$id] = copy;
  return { $ref: `#/components/schemas/${$id}` };
}

/** A field of an object, or an item of a list, that may refer to the component with this name. */
type Place = { container: Record<string, Operation>; field: string; name: string };

function placesIn(
  container: Record<string, Operation> | Operation[] = {},
  nameOf: (field: string, value: Operation) => string,
): Place[] {
  return Object.entries(container).map(([field, value]) => ({
    container: container as Record<string, Operation>,
    field,
    name: nameOf(field, value),
  }));
}

function componentOf(_: string, value: Operation): string {
  return String(value['x-component']);
}

/** Short, because these references are a sixth of the document: `X-RateLimit-Reset` becomes `Reset`. */
function shortName(header: string): string {
  return header.replace(/^X-(?:RateLimit-)?/, '');
}

/**
 * Moves values that occur more than once into components. Different values of one name stay where they are: a number
 * in the name would change with the order of the operations.
 */
function share(kind: keyof Components, places: Place[]): Record<string, unknown> {
  const components: Record<string, unknown> = {};
  for (const [name, ofName] of Map.groupBy(places, ({ name }) => name)) {
    const values = ofName.map(({ container, field }) => withoutName(container[field]));
    const isShared = values.length > 1 && new Set(values.map((value) => JSON.stringify(value))).size === 1;
    if (isShared) components[name] = values[0];
    for (const [index, { container, field }] of ofName.entries())
      container[field] = isShared ? { $ref: `#/components/${kind}/${name}` } : (values[index] ?? {});
  }
  return components;
}

function withoutName({ 'x-component': _, ...value }: Operation = {}): Operation {
  return value;
}
