import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { exampleOf, type Schema, type Schemas } from '../../src/api/system/examples.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';

setDefaultTimeout(60_000);

type Media = { schema?: Schema; example?: unknown };
type Content = { content?: Record<string, Media> };
type Operation = {
  operationId: string;
  tags: string[];
  description?: string;
  requestBody?: Content;
  parameters: Parameter[];
  responses: Record<string, Content & { $ref?: string }>;
};
type Parameter = { name: string; schema: Schema };
type Document = {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Schemas; responses: Record<string, Content>; parameters: Record<string, Parameter> };
};

let server: MayflyProcess;
let document: Document;
let operations: Operation[];
let ajv: Ajv;
beforeAll(async () => {
  server = await startMayfly();
  document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
  operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  ajv = new Ajv({ strict: false });
  addFormats(ajv);
  ajv.addSchema(document, 'document');
});
afterAll(() => server.stop());

/** The errors of a value by a schema whose references are into the document. */
function faults(schema: Schema, value: unknown): string {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
  return ajv.validate(JSON.parse(text), value) ? '' : `${ajv.errorsText()}: ${JSON.stringify(value)}`;
}

test('the validator knows references, formats and arrays of types', () => {
  expect(faults({ $ref: '#/components/schemas/Payload' }, {})).toContain('required');
  expect(faults({ type: 'string', format: 'date-time' }, 'today')).toContain('format');
  expect(faults({ type: ['string', 'null'] }, null)).toBe('');
});

test('each operation has one tag, which the document describes', () => {
  const known = new Set(document.tags.map(({ name }) => name));
  for (const { operationId, tags } of operations)
    expect([operationId, tags.length, tags.filter((tag) => !known.has(tag))]).toEqual([operationId, 1, []]);
});

test('each operation has a description', () => {
  const lacking = operations.filter(({ description }) => !description).map(({ operationId }) => operationId);
  expect(lacking).toEqual([]);
});

test('examples of schemas, parameters and bodies fit their schemas', () => {
  let count = 0;
  const wrong: string[] = [];
  const check = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { examples, schema, example } = value as Schema & Media;
    for (const one of Array.isArray(examples) ? examples : []) {
      count += 1;
      wrong.push(faults(value as Schema, one));
    }
    if (schema !== undefined && example !== undefined) wrong.push(faults(schema, example));
    for (const field of Object.values(value)) check(field);
  };
  check(document.paths);
  check(document.components);
  expect(wrong.filter((text) => text !== '')).toEqual([]);
  expect(count).toBeGreaterThan(50);
});

test('a valid example can be made for each JSON body of a request and a response', () => {
  const contents = operations.flatMap(({ operationId, requestBody, responses }) =>
    [requestBody, ...Object.values(responses)].flatMap((one = {}) => {
      const name = (one as { $ref?: string }).$ref?.split('/').at(-1);
      const { content = {} } = name === undefined ? one : (document.components.responses[name] ?? {});
      const media = content['application/json'];
      return media?.schema ? [{ operationId, schema: media.schema, example: media.example }] : [];
    }),
  );
  const wrong = contents.map(({ operationId, schema, example }) => {
    const fault = faults(schema, example ?? exampleOf(schema, document.components.schemas));
    return fault && `${operationId}: ${fault}`;
  });
  expect([...new Set(wrong)].filter((text) => text !== '')).toEqual([]);
  expect(contents.length).toBeGreaterThan(200);
});

test('nullable values have an array of types, and no union with null', () => {
  expect(JSON.stringify(document)).not.toContain('{"type":"null"}');
  expect(JSON.stringify(document)).toContain('"type":["string","null"]');
});

test('binary content is octet-stream in the format binary', () => {
  const binary = { schema: { type: 'string', format: 'binary' } };
  expect(document.paths['/raw/{hash_id}']?.get?.responses[200]?.content).toEqual({
    'application/octet-stream': binary,
  });
  expect(document.paths['/{name}']?.put?.requestBody?.content).toEqual({
    'application/octet-stream': binary,
  });
  expect(JSON.stringify(document)).not.toContain('*/*');
});
