import { describe, expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expectError, type ServerOf } from '../server.ts';

/** A form with this boundary. */
function form(
  boundary: string,
  content: string,
  { field = 'file', name = 'a.txt', type = 'text/plain' } = {},
): RequestInit & { headers: Record<string, string> } {
  const head = `Content-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: ${type}`;
  return {
    method: 'POST',
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    body: `--${boundary}\r\n${head}\r\n\r\n${content}\r\n--${boundary}--\r\n`,
  };
}

type Streamed = { path: string; request: (content: string) => RequestInit & { headers?: object } };

const text = { 'Content-Type': 'text/plain' };
const chunked = (content: string) => new Blob([content]).stream();

/** Every way to send a payload as a stream. */
const streams: Record<string, Streamed> = {
  'PUT of a name': { path: '/a.txt?ttl=1h', request: (body) => ({ method: 'PUT', headers: text, body }) },
  'PUT of no name': { path: '/', request: (body) => ({ method: 'PUT', headers: text, body }) },
  'POST of bytes': { path: '/', request: (body) => ({ method: 'POST', headers: text, body }) },
  'POST of bytes whose type is sniffed': { path: '/', request: (body) => ({ method: 'POST', body }) },
  'PUT without a length': {
    path: '/',
    request: (content) => ({ method: 'PUT', headers: text, body: chunked(content) }),
  },
  'POST of a form': { path: '/', request: (content) => form(`same-length-${randomUUID()}`, content) },
  'PUT of coded content': {
    path: '/',
    request: (content) => ({
      method: 'PUT',
      headers: { ...text, 'Content-Encoding': 'gzip' },
      // Without a length, because two contents of equal length may have different coded lengths.
      body: chunked(gzipSync(content) as unknown as string),
    }),
  },
};
const sizes = { 'of some bytes': 'content of A', 'of a blob': 'A'.repeat(200_000) };
const cases = Object.entries(streams).flatMap(([stream, given]) =>
  Object.entries(sizes).map(([size, content]) => [`${stream}, ${size}`, given, content] as const),
);

/** A repeat of a streamed request is recognised by its content (docs/contract/shared.md, "Idempotency"). */
export function repeatedStreams(server: ServerOf): void {
  describe('a repeated stream', () => {
    const send = async ({ path, request }: Streamed, content: string, key: string) => {
      const { url } = await server();
      const given = request(content);
      return fetch(url + path, { ...given, headers: { ...given.headers, 'Idempotency-Key': key } });
    };

    test.each(cases)('%s: the same content is replayed', async (_name, stream, content) => {
      const key = randomUUID();
      const first = await send(stream, content, key);
      expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
      const again = await send(stream, content, key);
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
      expect(again.headers.get('x-delete-token')).toBe(first.headers.get('x-delete-token'));
      expect(await again.text()).toBe(await first.text());
    });

    test.each(cases)(
      '%s: other content of the same length is 409, and reveals nothing',
      async (_name, stream, content) => {
        const key = randomUUID();
        const first = await send(stream, content, key);
        expect(first.status).toBe(201);
        const other = await send(stream, content.replaceAll('A', 'B'), key);
        expect(other.headers.get('x-delete-token')).toBeNull();
        expect(other.headers.get('location')).toBeNull();
        await expectError(other, 409);
        expect(await (await fetch((await first.text()).trim())).text()).toBe(content);
      },
    );

    test.each([
      ['field', { field: 'data' }],
      ['file name', { name: 'b.txt' }],
      ['type', { type: 'text/x-abc' }],
    ])('a form whose part has another %s is another request', async (_name, other) => {
      const key = randomUUID();
      const usual = { field: 'file', name: 'a.txt', type: 'text/x-xyz' };
      const sent = (part: object) =>
        send({ path: '/', request: (content) => form('b', content, { ...usual, ...part }) }, 'x', key);
      expect((await sent({})).status).toBe(201);
      await expectError(await sent(other), 409);
      expect((await sent({})).headers.get('idempotency-replayed')).toBe('true');
    });

    test.each([
      ['the same', () => 'A'],
      ['differing', (index: number) => 'ABCD'[index % 4] ?? ''],
    ])('one of 16 concurrent ones that are %s is stored', async (_name, letter) => {
      const key = randomUUID();
      const stream = streams['PUT of no name'] as Streamed;
      const answers = await Promise.all(
        Array.from({ length: 16 }, async (_, index) => {
          const content = letter(index).repeat(100_000);
          return { content, response: await send(stream, content, key) };
        }),
      );
      const successful = answers.filter(({ response }) => response.status === 201);
      for (const { response } of answers) expect(response.status).toBeOneOf([201, 409]);
      expect(successful.filter(({ response }) => !response.headers.has('idempotency-replayed'))).toHaveLength(
        1,
      );
      expect(new Set(successful.map(({ response }) => response.headers.get('location'))).size).toBe(1);
      // No client learns about the content of another.
      expect(new Set(successful.map(({ content }) => content)).size).toBe(1);
    });
  });
}
