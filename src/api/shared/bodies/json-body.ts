import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { Failure, invalid } from '../../../core/failure.ts';

type FieldReader<Schema extends TObject> = (body: Uint8Array) => Static<Schema>;

/**
 * Creates a reader of JSON bodies of one schema.
 *
 * @param rules The error messages of fields, "must be a file name", where the schema alone does not explain them.
 * @returns A function that throws Failure `invalid` with the invalid field. If the schema allows no other fields, an
 *   unknown field is invalid too.
 */
export function bodyReader<Schema extends TObject>(
  schema: Schema,
  rules: { [Field in keyof Static<Schema>]?: string } = {},
): FieldReader<Schema> {
  const check = TypeCompiler.Compile(schema);
  return (body) => {
    const fields = parseJson(body);
    if (check.Check(fields)) return fields;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
      throw new Failure('invalid', 'The request body must be a JSON object');
    const field = check.Errors(fields).First()?.path.split('/')[1] ?? '';
    const known = Object.hasOwn(schema.properties, field) && schema.properties[field];
    if (!known) {
      // The message names the field only if it looks like a name, because it must not repeat content.
      const name = /^\w{1,32}$/.test(field) ? `: ${field}` : '';
      throw new Failure('invalid', `The request body has an unknown field${name}`, { field });
    }
    if (!Object.hasOwn(fields, field)) throw invalid(field, 'is required');
    throw invalid(field, rules[field as keyof Static<Schema>] ?? `must be ${inWords(known)}`);
  };
}

/** What a schema allows: "a string of 1 to 64 characters, or null". */
function inWords(schema: TSchema): string {
  if (schema.anyOf) return schema.anyOf.map(inWords).join(' or ');
  if (schema.const !== undefined) return schema.const;
  switch (schema.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${range(schema.minimum, schema.maximum)}`;
    case 'string':
      return `a string${range(schema.minLength, schema.maxLength, ' characters')}`;
    case 'array': {
      const { properties } = schema.items;
      const items = properties ? ` {${Object.keys(properties).join(', ')}}` : ' strings';
      return `a list${range(schema.minItems, schema.maxItems, items)}`;
    }
    default:
      return schema.type === 'null' ? 'null' : 'an object';
  }
}

function range(min = 0, max = Number.POSITIVE_INFINITY, unit = ''): string {
  const isBounded = max !== Number.POSITIVE_INFINITY;
  if (min === 0) return isBounded ? ` of at most ${max}${unit}` : '';
  return isBounded ? ` of ${min} to ${max}${unit}` : ` of ${min} or more${unit}`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    throw new Failure('invalid', 'The request body must be valid JSON in UTF-8');
  }
}
