import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';

setDefaultTimeout(60_000);

type Document = {
  openapi: string;
  paths: Record<string, Record<string, object>>;
  components: { schemas: Record<string, { properties: Record<string, object> }> };
};

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly();
});
afterAll(() => server.stop());

const read = async (path: string) => (await (await fetch(server.url + path)).json()) as Document;

/** The errors of a document by the schema of the OpenAPI specification of this version. */
async function faults(document: object): Promise<{ version: string | undefined; errors: unknown }> {
  const validator = new Validator();
  const { errors } = await validator.validate(structuredClone(document) as never);
  return { version: validator.version, errors: errors ?? [] };
}

test('/swagger/json is valid OpenAPI 3.0.3', async () => {
  const document = await read('/swagger/json');
  expect(document.openapi).toBe('3.0.3');
  expect(await faults(document)).toEqual({ version: '3.0', errors: [] });
});

test('the validator finds constructs that 3.0 does not have, and /openapi.json is valid 3.1', async () => {
  const newer = await read('/openapi.json');
  expect(await faults(newer)).toEqual({ version: '3.1', errors: [] });
  expect((await faults({ ...newer, openapi: '3.0.3' })).errors).not.toEqual([]);
});

test('it has the same operations and schemas as /openapi.json', async () => {
  const [older, newer] = [await read('/swagger/json'), await read('/openapi.json')];
  const operations = ({ paths }: Document) =>
    Object.entries(paths).map(([path, methods]) => [path, Object.keys(methods)]);
  expect(operations(older)).toEqual(operations(newer));
  expect(Object.keys(older.components.schemas)).toEqual(Object.keys(newer.components.schemas));
});

test('it has null, constants and examples in the form of 3.0', async () => {
  const { schemas } = (await read('/swagger/json')).components;
  expect(schemas.Bucket?.properties.defaultTtlSeconds).toMatchObject({ type: 'integer', nullable: true });
  expect(schemas.Payload?.properties.encoding).toMatchObject({ type: 'string', enum: ['base64'] });
  expect(schemas.Payload).toMatchObject({ example: { content: 'Hello, World!', mime_type: 'text/plain' } });
});
