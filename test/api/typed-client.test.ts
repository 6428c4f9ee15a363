import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { newClient } from './buckets/client.ts';
import { type FileServer, startFileServer } from './file-server.ts';

setDefaultTimeout(60_000);

/** A typical program for the bucket API, with types generated from the server's document. */
const program = `
import createClient from 'openapi-fetch';
import type { paths } from './api.ts';

export async function roundTrip(baseUrl: string, key: string, bucket: string): Promise<string[]> {
  const { POST, PUT, GET, DELETE } = createClient<paths>({
    baseUrl,
    headers: { Authorization: \`Bearer \${key}\` },
  });
  const printed: string[] = [];
  const created = await POST('/v1/buckets', { body: { name: bucket, defaultTtlSeconds: 3600 } });
  if (created.error) throw new Error(created.error.error.message);
  printed.push(created.data.name);
  const path = { bucket, key: 'notes/typed ü.txt' };
  const put = await PUT('/v1/buckets/{bucket}/objects/{key}', {
    params: { path, header: { 'x-ttl': '10m', 'If-None-Match': '*' } },
    body: 'typed',
    bodySerializer: (body) => body,
    headers: { 'Content-Type': 'text/plain' },
  });
  if (put.error) throw new Error(put.error.error.message);
  printed.push(put.data.key, put.data.contentType, String(put.data.size));
  const page = await GET('/v1/buckets/{bucket}/objects', {
    params: { path: { bucket }, query: { prefix: 'notes/', limit: 10 } },
  });
  if (page.error) throw new Error(page.error.error.message);
  printed.push(page.data.data.map((object) => object.etag === put.data.etag).join(), String(page.data.nextCursor));
  const read = await GET('/v1/buckets/{bucket}/objects/{key}', { params: { path }, parseAs: 'text' });
  printed.push(String(read.data));
  const deleted = await DELETE('/v1/buckets/{bucket}/objects/{key}', { params: { path } });
  printed.push(String(deleted.response.status));
  const again = await DELETE('/v1/buckets/{bucket}/objects/{key}', { params: { path } });
  printed.push(again.error?.error.code ?? 'none');
  return printed;
}
`;

/** Calls that must not compile, each with its error. */
const wrongCalls = {
  'an unknown path': `await client.GET('/v1/bucket');`,
  'an unknown method': `await client.PUT('/v1/buckets', { body: { name: 'x' } });`,
  'no path parameter': `await client.GET('/v1/buckets/{bucket}');`,
  'a misspelt path parameter': `await client.GET('/v1/buckets/{bucket}', { params: { path: { name: 'x' } } });`,
  'a missing field': `await client.POST('/v1/buckets', { body: { public: true } });`,
  'a field of another type': `await client.POST('/v1/buckets', { body: { name: 'x', public: 'yes' } });`,
  'a query parameter of another type': `await client.GET('/v1/buckets', { params: { query: { limit: 'all' } } });`,
  'a value that is not allowed': `await client.POST('/v1/buckets/{bucket}/sign', {
    params: { path: { bucket: 'x' } }, body: { key: 'x', method: 'DELETE', expiresIn: 60 } });`,
  'a response without such a field': `const { data } = await client.GET('/v1/account');
    export const used: number = data!.usage.used;`,
  'a response of another type': `const { data } = await client.GET('/v1/account');
    export const used: string = data!.usage.storageBytes;`,
};
const head = `import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
const client = createClient<paths>();
`;

let server: FileServer;
let folder: string;
beforeAll(async () => {
  server = await startFileServer();
  folder = temporaryDirectory('typed-client');
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  const document = await (await fetch(`${server.url}/openapi.json`)).text();
  writeFileSync(join(folder, 'openapi.json'), document);
  const made = run('openapi-typescript', ['openapi.json', '--output', 'api.ts']);
  expect(made).toMatchObject({ status: 0 });
  writeFileSync(join(folder, 'round-trip.ts'), program);
  const { compilerOptions } = (await Bun.file(join(checkout, 'tsconfig.json')).json()) as {
    compilerOptions: object;
  };
  // The settings of a strict project. Libraries are not skipped, because the generated types are checked too.
  const options = { ...compilerOptions, types: [], skipLibCheck: false };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['round-trip.ts'] }),
  );
});
afterAll(() => server.stop());

function run(program: string, args: string[]): { status: number | null; output: string } {
  const command = [join(checkout, 'node_modules/.bin', program), ...args];
  const child = spawnSync(process.execPath, ['--bun', 'run', ...command], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { status: child.status, output: child.stdout + child.stderr };
}

describe('a client with types generated from /openapi.json', () => {
  test('compiles', () => {
    expect(run('tsc', ['--project', 'tsconfig.json'])).toEqual({ status: 0, output: '' });
  });

  test('makes a round trip', async () => {
    const { key } = await newClient(server);
    const bucket = `typed-${crypto.randomUUID()}`;
    const { roundTrip } = (await import(join(folder, 'round-trip.ts'))) as {
      roundTrip: (url: string, key: string, bucket: string) => Promise<string[]>;
    };
    expect(await roundTrip(server.url, key, bucket)).toEqual([
      bucket,
      'notes/typed ü.txt',
      'text/plain',
      '5',
      'true',
      'null',
      'typed',
      '204',
      'object_not_found',
    ]);
  });

  test('does not compile with a wrong call', () => {
    const names = Object.keys(wrongCalls);
    for (const [index, call] of Object.values(wrongCalls).entries())
      writeFileSync(join(folder, `wrong-${index}.ts`), head + call);
    const files = names.map((_, index) => `wrong-${index}.ts`);
    const project = JSON.stringify({ extends: './tsconfig.json', files });
    writeFileSync(join(folder, 'tsconfig.wrong.json'), project);
    const { status, output } = run('tsc', ['--project', 'tsconfig.wrong.json', '--pretty', 'false']);
    expect(status).not.toBe(0);
    const refused = new Set([...output.matchAll(/^wrong-(\d+)\.ts\(/gm)].map(([, index]) => Number(index)));
    expect(names.filter((_, index) => !refused.has(index))).toEqual([]);
  });
});
