import { beforeAll, describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import { type Base, type Client, newClient, uploaded } from '../client.ts';

/** The calls of the service's own client library and command line, and their use of the responses. */
export function clientLibrary(server: FileServerOf, base: Base): void {
  // Both use only `/api/v1`.
  if (base !== '/api/v1') return;
  let client: Client;
  beforeAll(async () => {
    client = await newClient((await server()).url);
  });

  /** The token as a Bearer, a type only with a body, and every error parsed as `{error: {code, message, hint}}`. */
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${client.url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${client.token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json: unknown = await response.json();
    const { error } = json as { error?: { code?: string; message?: string; hint?: string } };
    return { status: response.status, error, json };
  };
  const presign = (fields: Record<string, unknown>) =>
    send('POST', '/upload/presign', {
      filename: 'a.txt',
      content_type: 'text/plain',
      size_bytes: 1,
      ...fields,
    });

  describe('the service’s own client library and command line', () => {
    test.each([
      ['GET', '/dashboard/activity?limit=10', undefined],
      ['GET', '/dashboard/webhooks', undefined],
      ['POST', '/dashboard/webhooks', { url: 'https://example.com', events: ['upload'] }],
      ['DELETE', '/dashboard/webhooks/x', undefined],
      ['GET', '/dashboard/projects', undefined],
      ['POST', '/dashboard/projects', { name: 'x' }],
      ['DELETE', '/dashboard/projects/x', undefined],
      ['GET', '/account/export', undefined],
      ['DELETE', '/account', undefined],
    ] as const)('get the error that %s %s does not exist in their shape', async (method, path, body) => {
      const sentence = expect.stringMatching(/\S{2,}/);
      expect(await send(method, path, body)).toMatchObject({
        status: 404,
        error: { code: 'NOT_FOUND', message: sentence, hint: sentence },
      });
      // The errors of other APIs are unchanged.
      const response = await fetch(`${client.url}/api/v1${path}`, { method });
      expect(await response.json()).toEqual({ error: 'Not found' });
    });

    test.each<[string, Record<string, unknown>, string, string[]]>([
      ['a metadata value', { metadata: { k: 1 } }, 'VALIDATION_ERROR', ['metadata', '10 strings']],
      ['too many tags', { tags: Array(11).fill('x') }, 'VALIDATION_ERROR', ['tags', '10 strings']],
      ['a long tag', { tags: ['x'.repeat(51)] }, 'VALIDATION_ERROR', ['tags', '50 characters']],
      ['a long prefix', { prefix: 'x'.repeat(256) }, 'VALIDATION_ERROR', ['prefix', '255 characters']],
      ['a past expiry', { expires_at: '2020-01-01T00:00:00Z' }, 'VALIDATION_ERROR', ['expires_at', 'future']],
      [
        'a late expiry',
        { expires_at: '9999-01-01T00:00:00Z' },
        'VALIDATION_ERROR',
        ['expires_at', '29 days'],
      ],
      ['a size', { size_bytes: 104_857_601 }, 'FILE_TOO_LARGE', ['104857600 bytes']],
      ['a type', { content_type: 'text/html' }, 'CONTENT_TYPE_BLOCKED', ['claim_url']],
    ])('get the problem with %s, and its solution, from the hint only', async (_, fields, code, named) => {
      const { error } = await presign(fields);
      expect(error?.code).toBe(code);
      for (const part of named) expect(error?.hint).toContain(part);
    });

    test('get the missing file from the hint only', async () => {
      const { status, error } = await send('DELETE', '/files/file_01KAMC0VQ4V3N5W5Z7E0S8T2RX');
      expect([status, error?.code, error?.hint]).toEqual([
        404,
        'FILE_NOT_FOUND',
        expect.stringMatching(/file.*GET \/api\/v1\/files/i),
      ]);
    });

    test('get the visibility of a file from its stats', async () => {
      for (const visibility of ['public', 'private']) {
        const { id } = await uploaded(client, { visibility });
        expect((await send('GET', `/files/${id}/stats`)).json).toEqual({
          id,
          visibility,
          download_count: 0,
          last_downloaded_at: null,
          size_bytes: 20,
          created_at: expect.any(String),
        });
      }
    });

    test('get an error for a list of a project, because there are no projects', async () => {
      const { status, error } = await send('GET', '/files?project_id=p1&limit=10');
      expect([status, error?.code, error?.hint]).toEqual([
        400,
        'VALIDATION_ERROR',
        expect.stringContaining('project_id'),
      ]);
    });
  });
}
