import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { rawRequest, requestText } from './raw-request.ts';

setDefaultTimeout(60_000);

let server: MayflyProcess;
let paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
beforeAll(async () => {
  server = await startMayfly();
  ({ paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: typeof paths });
});
afterAll(() => server.stop());

/** `fetch` sends no TRACE and no CONNECT. */
function send(method: string, template: string) {
  const path = template.replace(/\{\w+\}/g, 'example');
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', 'Content-Length: 0'];
  return rawRequest(server.url, requestText(lines));
}

/** RFC 9110, section 9, and RFC 5789. Every path with GET has HEAD, and every path has OPTIONS. */
const defined = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'CONNECT'];

/** A file of any name can be PUT at the root. For other methods, the path is unknown. */
const anyName = '/{name}';

/** The document's methods of a path, and of other paths that match the same URL. */
function methodsOf(template: string): string[] {
  const own = Object.keys(paths[template] ?? {}).map((method) => method.toUpperCase());
  const others = /^\/[^/{]+$/.test(template) ? ['PUT'] : [];
  // A key may be `batch-delete`, and may end in `/copy`.
  if (template.startsWith('/v1/buckets/{bucket}/objects/')) others.push('GET', 'PUT', 'DELETE');
  return [...new Set([...own, ...others])];
}

test('a method that HTTP defines and a path does not have is 405, and Allow lists those of the path', async () => {
  let refused = 0;
  for (const template of Object.keys(paths).filter((path) => path !== anyName)) {
    const methods = methodsOf(template);
    // A GET there is a signed URL of a bucket with that name, which no bucket can have: 403.
    const isUpload = template.startsWith('/signed/_uploads/');
    const refusable = defined.filter((name) => !methods.includes(name) && !(isUpload && name === 'GET'));
    for (const method of refusable) {
      const { status, headers } = await send(method, template);
      expect([method, template, status]).toEqual([method, template, 405]);
      const allow = (headers.allow ?? '').split(', ').sort();
      const expected = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
      // Without a credential, the shared paths are PutPut's.
      const known = /^\/api(?:\/v1)?\/files$/.test(template) ? ['GET', 'HEAD', 'OPTIONS'] : expected;
      expect([method, template, allow]).toEqual([method, template, known.sort()]);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(200);
});

test('any other method is 501, in the shape of the API, at any path', async () => {
  for (const template of [...Object.keys(paths), '/v1/none', '/none/of/these'])
    for (const method of ['PROPFIND', 'PURGE', 'QUERY']) {
      const { status, headers, body } = await send(method, template);
      expect([method, template, status]).toEqual([method, template, 501]);
      expect(headers['x-request-id']).toBeString();
      if (template.startsWith('/v1/')) expect(JSON.parse(body).error.code).toBe('method_not_implemented');
    }
});

test('the document has 405 if a method belongs to only one of the APIs that share a path', () => {
  for (const base of ['/api/v1', '/api'])
    expect(Object.keys(paths[`${base}/files`]?.delete?.responses ?? {})).toContain('405');
});
