import { describe, expect, test } from 'bun:test';
import { expectCommonHeaders } from '../../expected-answers.ts';
import type { FileServerOf } from '../../file-server.ts';
import { type Base, call, exampleText, expectError, newClient, presign, put } from '../client.ts';

const fileId = 'file_01KAMC0VQ4V3N5W5Z7E0S8T2RX';

/** The headers of all responses, and the responses for unknown paths (docs/contract/shared.md, "Errors"). */
export function paths(server: FileServerOf, base: Base): void {
  describe('paths and headers', () => {
    test.each([
      ['GET', '/auth/guest', 'POST, OPTIONS'],
      ['DELETE', '/auth/guest', 'POST, OPTIONS'],
      ['GET', '/upload/presign', 'POST, OPTIONS'],
      ['PUT', '/upload/confirm', 'POST, OPTIONS'],
      ['DELETE', '/upload/url', 'POST, OPTIONS'],
      ['POST', '/files', 'GET, HEAD, OPTIONS'],
      ['DELETE', '/files', 'GET, HEAD, OPTIONS'],
      ['PATCH', `/files/${fileId}`, 'DELETE, OPTIONS'],
      ['GET', `/files/${fileId}`, 'DELETE, OPTIONS'],
      ['POST', `/files/${fileId}/download`, 'GET, HEAD, OPTIONS'],
      ['DELETE', `/files/${fileId}/stats`, 'GET, HEAD, OPTIONS'],
    ])('%s %s is METHOD_NOT_ALLOWED, and Allow lists the allowed methods', async (method, path, allowed) => {
      const client = await newClient((await server()).url, base);
      const response = await call(client, method, path);
      expect((response.headers.get('allow') ?? '').split(', ').sort()).toEqual(allowed.split(', ').sort());
      await expectError(response, 'METHOD_NOT_ALLOWED');
    });

    test.each([
      ...[
        '/auth',
        '/auth/',
        '/auth/nowhere',
        '/upload',
        '/upload/nowhere',
        '/upload/presign/x',
        '/uploads/../files/x/y',
      ],
      ...['/files/x/y', `/files/${fileId}/nowhere`, `/files/${fileId}/download/x`],
    ])('%s is unknown, with an error in the shape of docs/contract/putput.md, "Errors"', async (path) => {
      const client = await newClient((await server()).url, base);
      await expectError(await call(client, 'GET', path), 'NOT_FOUND');
    });

    test('X-Request-Id exists and is new each time, or is that of the request', async () => {
      const client = await newClient((await server()).url, base);
      const requests = (headers: Record<string, string> = {}) =>
        Promise.all([
          call(client, 'GET', '/files', undefined, headers),
          call(client, 'POST', '/upload/presign', '{', headers),
          call(client, 'GET', '/nowhere', undefined, headers),
          fetch(`${client.url}${base}/files`, { headers }),
          fetch(`${client.url}/f/x`, { headers }),
          fetch(`${client.url}/signed/_uploads/x`, { method: 'PUT', headers }),
          fetch(`${client.url}/login`, { headers }),
        ]);
      const answers = await requests();
      for (const answer of answers) expectCommonHeaders(answer);
      expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(answers.length);
      const own = `trace-${crypto.randomUUID()}`;
      for (const { headers } of await requests({ 'X-Request-Id': own }))
        expect(headers.get('x-request-id')).toBe(own);
      for (const { headers } of await requests({ 'X-Request-Id': 'a b' }))
        expect(headers.get('x-request-id')).not.toBe('a b');
    });

    test('a page of another origin may call with the API’s headers, and read the responses', async () => {
      const client = await newClient((await server()).url, base);
      const Origin = 'https://app.example';
      for (const [path, method] of [
        ['/auth/guest', 'POST'],
        ['/upload/presign', 'POST'],
        ['/upload/confirm', 'POST'],
        ['/files', 'GET'],
        [`/files/${fileId}`, 'DELETE'],
      ] as const) {
        const asked = ['authorization', 'content-type'];
        const preflight = await fetch(client.url + base + path, {
          method: 'OPTIONS',
          headers: {
            Origin,
            'Access-Control-Request-Method': method,
            'Access-Control-Request-Headers': asked.join(','),
          },
        });
        expect(preflight.status).toBe(204);
        expectAllowed(preflight, method, asked);
      }
      const answer = await call(client, 'GET', '/files', undefined, { Origin });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      const exposed = (answer.headers.get('access-control-expose-headers') ?? '').toLowerCase().split(', ');
      expect(exposed).toEqual(
        expect.arrayContaining(['retry-after', 'x-ratelimit-remaining', 'x-request-id']),
      );
    });

    test('a page of another origin may PUT to a presigned URL of this server', async () => {
      const { url, s3 } = await server();
      const client = await newClient(url, base);
      const { presigned_url } = await presign(client);
      // The response of S3 to a preflight depends on the rules of its bucket: see `mayfly cors`.
      if (s3) return expect(new URL(presigned_url).origin).toBe(s3.endpoint);
      const headers = { Origin: 'https://app.example' };
      const asked = {
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'content-type',
      };
      const preflight = await fetch(presigned_url, { method: 'OPTIONS', headers: { ...headers, ...asked } });
      expect(preflight.status).toBe(204);
      expectAllowed(preflight, 'PUT', ['content-type']);
      const refused = await fetch(presigned_url, { method: 'PUT', headers, body: exampleText });
      expect(refused.headers.get('access-control-allow-origin')).toBe('*');
      const type = { ...headers, 'Content-Type': 'text/plain' };
      const taken = await fetch(presigned_url, { method: 'PUT', headers: type, body: exampleText });
      expect(taken.status).toBe(200);
      expect(taken.headers.get('access-control-allow-origin')).toBe('*');
      expect(taken.headers.get('access-control-expose-headers')).toContain('ETag');
      expect(taken.headers.get('etag')).toMatch(/^"[^"]+"$/);
    });

    test.each([
      '/_uploads',
      '/_uploads/x',
      '/_uploads/%ff',
      '/_uploads/x?expires=1&signature=x',
      '/bucket/key',
    ])('an invalid signed URL, /signed%s, accepts nothing and reveals nothing', async (path) => {
      const response = await put(`${(await server()).url}/signed${path}`, exampleText);
      expect(response.status).toBeOneOf([403, 404]);
      expectCommonHeaders(response);
      // The shape of docs/contract/buckets.md, "Errors".
      const detail = { code: expect.stringMatching(/^(forbidden|not_found)$/), message: expect.any(String) };
      expect(await response.json()).toEqual({
        error: {
          ...detail,
          requestId: expect.any(String),
          docsUrl: expect.stringContaining('/docs/errors/'),
        },
      });
    });
  });
}

function expectAllowed({ headers }: Response, method: string, asked: string[]): void {
  const list = (name: string) => (headers.get(name) ?? '').toLowerCase().split(', ');
  expect(list('access-control-allow-origin')).toEqual(['*']);
  expect(list('access-control-allow-methods')).toContain(method.toLowerCase());
  expect(list('access-control-allow-headers')).toEqual(expect.arrayContaining(asked));
}
