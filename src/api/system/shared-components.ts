import type { Operation } from '../shared/endpoints/resource.ts';

type Documented = { responses: Record<string, Operation>; parameters?: Operation[] };
type Paths = Record<string, Record<string, Documented>>;
type Components = Record<'schemas' | 'responses' | 'parameters' | 'headers', Record<string, unknown>>;

/**
 * Moves what operations share into components, and leaves references: schemas with an `$id`, error responses,
 * parameters and headers. Otherwise the document is three times as long.
 */
export function withComponents(inlined: unknown): { paths: Paths; components: Components } {
  const schemas: Record<string, unknown> = {};
  const paths = withSchemaReferences(inlined, schemas) as Paths;
  const headers = new Shared('headers');
  const responses = new Shared('responses');
  const parameters = new Shared('parameters');
  for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations))) {
    operation.parameters = operation.parameters?.map((one) =>
      componentName.test(String(one.name)) ? parameters.referenceTo(parameterName(one), one) : one,
    );
    for (const [status, response] of Object.entries(operation.responses)) {
      shareHeaders(response, headers);
      if (status >= '400')
        operation.responses[status] = responses.referenceTo(errorName(status, response), response);
    }
  }
  return {
    paths,
    components: {
      schemas,
      responses: responses.byName,
      parameters: parameters.byName,
      headers: headers.byName,
    },
  };
}

/** Names that OpenAPI allows. */
const componentName = /^[\w.-]+$/;

/**
 * Includes the place of the parameter: generators turn components into types, and there are schemas `Bucket` and
 * `Object`.
 */
function parameterName({ in: place, name }: Operation): string {
  return `${place}.${name}`;
}

/** The name of an error response: that of its schema, and the status. */
function errorName(status: string, response: Operation): string {
  const [, schema = 'Error'] = /#\/components\/schemas\/(\w+)/.exec(JSON.stringify(response)) ?? [];
  return schema + status;
}

function withSchemaReferences(value: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => withSchemaReferences(item, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { $id, ...fields } = withEnum(value as Operation);
  const copy = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, withSchemaReferences(field, schemas)]),
  );
  if (typeof $id !== 'string') return copy;
  schemas[$id] = copy;
  return { $ref: `#/components/schemas/${$id}` };
}

function shareHeaders(response: Operation, headers: Shared): void {
  const own = Object.entries((response.headers ?? {}) as Record<string, Operation>);
  response.headers = Object.fromEntries(
    own.map(([name, header]) => [
      name,
      componentName.test(name) ? headers.referenceTo(shortName(name), header) : header,
    ]),
  );
}

/** Writes a union of strings as an enumeration: generators create a type for each alternative of a union. */
function withEnum({ anyOf, ...schema }: Operation): Operation {
  const alternatives = anyOf as Operation[] | undefined;
  if (alternatives?.every((one) => one.type === 'string' && one.const !== undefined))
    return { type: 'string', enum: alternatives.map((one) => one.const), ...schema };
  return alternatives === undefined ? schema : { ...schema, anyOf };
}

/** Short, because these references are a sixth of the document: `X-RateLimit-Reset` becomes `Reset`. */
function shortName(header: string): string {
  return header.replace(/^X-(?:RateLimit-)?/, '');
}

/** Components of one kind. A different component with the same name gets a number. */
class Shared {
  readonly byName: Record<string, unknown> = {};
  readonly #kind: string;
  readonly #names = new Map<string, string>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  referenceTo(proposedName: string, component: Operation): Operation {
    const text = JSON.stringify(component);
    let name = this.#names.get(text) ?? proposedName;
    for (let count = 2; !this.#names.has(text) && name in this.byName; count += 1)
      name = `${proposedName}_${count}`;
    this.#names.set(text, name);
    this.byName[name] = component;
    return { $ref: `#/components/${this.#kind}/${name}` };
  }
}
