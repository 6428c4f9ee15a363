import type { Static, TObject } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { Failure, invalid } from '../../../core/failure.ts';

type FieldReader<Schema extends TObject> = (body: Uint8Array) => Static<Schema>;

/**
 * Creates a reader of JSON bodies of one schema.
 *
 * @param expectations The error message of each field: "must be a string".
 * @returns A function that throws Failure `invalid` with the invalid field. If the schema allows no other fields, an
 *   unknown field is invalid too.
 */
export function bodyReader<Schema extends TObject>(
  schema: Schema,
  expectations: Record<keyof Static<Schema>, string>,
): FieldReader<Schema> {
  const check = TypeCompiler.Compile(schema);
  return (body) => {
    const fields = parseJson(body);
    if (check.Check(fields)) return fields;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
      throw new Failure('invalid', 'The request body must be a JSON object');
    const field = check.Errors(fields).First()?.path.split('/')[1] ?? '';
    if (!Object.hasOwn(expectations, field)) {
      // The message names the field only if it looks like a name, because it must not repeat content.
      const name = /^\w{1,32}$/.test(field) ? `: ${field}` : '';
      throw new Failure('invalid', `The request body has an unknown field${name}`, { field });
    }
    throw Object.hasOwn(fields, field)
      ? invalid(field, expectations[field as keyof Static<Schema>])
      : invalid(field, 'is required');
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    throw new Failure('invalid', 'The request body must be valid JSON in UTF-8');
  }
}
