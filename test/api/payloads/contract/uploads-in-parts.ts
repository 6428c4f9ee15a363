import { describe, expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { api, type Created, expectError, inSeconds, read, readJson, type ServerOf } from '../server.ts';
import {
  abort,
  type Begun,
  begin,
  complete,
  type Part,
  partOf,
  partSize,
  postComplete,
  putAll,
  putPart,
  someBytes,
  uploadInParts,
} from '../upload-client.ts';

/** Three parts, the last of which is short. */
const bytes = someBytes(2 * partSize + 1000);
const short = (text: string) => Buffer.from(text) as Buffer<ArrayBuffer>;

/** Payloads in parts: started, PUT, completed, read and deleted. */
export function uploadsInParts(server: ServerOf): void {
  const raw = async (id: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${(await server()).url}/raw/${id}`, { headers, method });
  const remove = async (id: string, headers: Record<string, string>) =>
    fetch(`${(await server()).url}${api}/${id}`, { method: 'DELETE', headers });

  describe('uploads in parts', () => {
    test('are started, PUT in any order and concurrently, completed, and read as a whole and by range', async () => {
      const running = await server();
      const begun = await begin(running, bytes.length, {
        mime_type: 'video/mp4',
        name: 'film ü.mp4',
        ttl: '10m',
      });
      expect({ ...begun, parts: begun.parts.map(({ number }) => number) }).toEqual({
        upload_id: expect.stringMatching(/^upload_[0-9A-HJKMNP-TV-Z]{26}$/),
        part_size: partSize,
        parts: [1, 2, 3],
        expires_at: expect.stringMatching(/Z$/),
      });
      const reversed = { ...begun, parts: begun.parts.toReversed() };
      const before = Date.now();
      const response = await postComplete(running, begun.upload_id, await putAll(reversed, bytes));
      expect(response.status).toBe(201);
      const created = (await response.json()) as Required<Created>;
      expect(created).toEqual({
        hash_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        expiry_time: expect.any(String),
        url: expect.stringContaining(`/p/${created.hash_id}`),
        delete_token: expect.stringMatching(/^[A-Za-z0-9_-]{20,}$/),
      });
      expect(response.headers.get('location')).toBe(`${api}/${created.hash_id}`);
      // The TTL starts at the completion.
      const left = Date.parse(created.expiry_time) - before;
      expect(Math.abs(left - 600_000)).toBeLessThan(20_000);

      const whole = await raw(created.hash_id);
      expect(Buffer.from(await whole.bytes()).equals(bytes)).toBe(true);
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        'content-type': 'video/mp4',
        'content-disposition': expect.stringContaining("filename*=UTF-8''film%20%C3%BC.mp4"),
        etag: `"${created.hash_id}"`,
        'accept-ranges': 'bytes',
      });
      const head = await raw(created.hash_id, {}, 'HEAD');
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
      for (const [start, end] of [
        [partSize - 5, partSize + 4],
        [partSize - 1, 2 * partSize],
        [2 * partSize + 10, bytes.length - 1],
      ] as const) {
        const range = await raw(created.hash_id, { Range: `bytes=${start}-${end}` });
        expect([range.status, range.headers.get('content-range')]).toEqual([
          206,
          `bytes ${start}-${end}/${bytes.length}`,
        ]);
        expect(Buffer.from(await range.bytes()).equals(bytes.subarray(start, end + 1))).toBe(true);
      }
      expect((await raw(created.hash_id, { 'If-None-Match': `"${created.hash_id}"` })).status).toBe(304);
      const shared = await fetch(created.url, { headers: { Range: 'bytes=0-3' } });
      expect(Buffer.from(await shared.bytes()).equals(bytes.subarray(0, 4))).toBe(true);
      expect(await expectError(await read(running, created.hash_id), 413)).toContain('/raw');

      await expectError(await remove(created.hash_id, {}), 403);
      await expectError(await remove(created.hash_id, { 'X-Delete-Token': 'wrong' }), 403);
      expect((await remove(created.hash_id, { 'X-Delete-Token': created.delete_token })).status).toBe(204);
      for (const gone of [await raw(created.hash_id), await read(running, created.hash_id)])
        await expectError(gone, 404);
    });

    test.each([
      ['text, also where it is not called that', 'application/json', short('{"ü": "€𝄞"}'), {}],
      ['bytes', 'text/plain', Buffer.from([0x66, 0xff, 0]) as Buffer<ArrayBuffer>, { encoding: 'base64' }],
    ])('are read as JSON like any payload: %s', async (_, mime_type, content, encoding) => {
      const running = await server();
      const { hash_id, expiry_time } = await uploadInParts(running, content, { mime_type });
      expect(await readJson(running, hash_id)).toEqual({
        content: content.toString('encoding' in encoding ? 'base64' : 'utf8'),
        mime_type,
        expiry_time,
        ...(encoding as { encoding?: 'base64' }),
      });
    });

    test('text is served as UTF-8', async () => {
      const { hash_id } = await uploadInParts(await server(), short('grüße'), { mime_type: 'text/plain' });
      const response = await raw(hash_id);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).toBe('grüße');
    });

    test('reads are counted, and one of many readers gets the last one, with the whole content', async () => {
      const running = await server();
      const content = bytes.subarray(0, partSize + 10);
      const { hash_id } = await uploadInParts(running, content, { max_reads: 2 });
      expect((await raw(hash_id, {}, 'HEAD')).status).toBe(200);
      const first = await raw(hash_id, { Range: 'bytes=0-1' });
      expect([first.status, first.headers.get('etag')]).toEqual([200, null]);
      expect(Buffer.from(await first.bytes()).equals(content)).toBe(true);
      const answers = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const response = await raw(hash_id);
          const body = Buffer.from(await response.bytes());
          return response.status === 200 ? body.equals(content) : response.status;
        }),
      );
      expect(answers.toSorted()).toEqual([404, 404, 404, 404, 404, 404, 404, true]);
    });

    test('a part that is PUT again replaces the earlier one, whose ETag is rejected', async () => {
      const running = await server();
      const content = bytes.subarray(0, partSize + 10);
      const begun = await begin(running, content.length);
      const stale = await putPart(begun.parts[0]?.url ?? '', 1, Buffer.alloc(partSize, 1));
      const parts = await putAll(begun, content);
      expect(parts[0]?.etag).not.toBe(stale.etag);
      const wrong = await postComplete(running, begun.upload_id, [stale, ...parts.slice(1)]);
      expect(await expectError(wrong, 400)).toContain('parts');
      const { hash_id } = await complete(running, begun, parts);
      expect(Buffer.from(await (await raw(hash_id)).bytes()).equals(content)).toBe(true);
    });

    test('are completed with exactly their parts, in any order, with or without quotes', async () => {
      const running = await server();
      const content = bytes.subarray(0, partSize + 10);
      const begun = await begin(running, content.length);
      const [one, two] = begun.parts;
      const first = await putPart(one?.url ?? '', 1, partOf(content, 1));
      const guess = { number: 2, etag: '"d41d8cd98f00b204e9800998ecf8427e"' };
      await expectError(await postComplete(running, begun.upload_id, [first, guess]), 400);
      const second = await putPart(two?.url ?? '', 2, partOf(content, 2));
      const lists: unknown[] = [
        [first],
        [second],
        [first, second, { ...second, number: 3 }],
        [first, first],
        [first, { number: 3, etag: second.etag }],
        [{ ...first, etag: second.etag }, second],
        [],
        [{ number: 1 }],
        [{ number: 0, etag: 'x' }, second],
        [{ ...first, etag: '' }, second],
        'all',
      ];
      for (const list of lists)
        expect(await expectError(await postComplete(running, begun.upload_id, list), 400)).toContain('parts');
      const bare = [second, first].map(({ number, etag }) => ({ number, etag: etag.replaceAll('"', '') }));
      const { hash_id } = await complete(running, begun, bare);
      expect(Buffer.from(await (await raw(hash_id)).bytes()).equals(content)).toBe(true);
    });

    test('are completed once: repeated and concurrent completions are 404', async () => {
      const running = await server();
      const begun = await begin(running, 5);
      const parts = await putAll(begun, short('hello'));
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => postComplete(running, begun.upload_id, parts)),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 404, 404, 404, 404, 404]);
      await expectError(await postComplete(running, begun.upload_id, parts), 404);
      await expectError(await abort(running, begun.upload_id), 404);
      const late = await fetch(begun.parts[0]?.url ?? '', { method: 'PUT', body: 'other' });
      expect(late.status).toBeOneOf([403, 404]);
      const bodies = await Promise.all(answers.map((answer) => answer.json() as Promise<Partial<Created>>));
      const { hash_id = '' } = bodies.find((body) => body.hash_id !== undefined) ?? {};
      expect(await (await raw(hash_id)).text()).toBe('hello');
    });

    test('may be completed and aborted again with the same Idempotency-Key, with the same response', async () => {
      const running = await server();
      const once = () => ({ 'Idempotency-Key': randomUUID() });
      const twice = async (ask: () => Promise<Response>) => {
        const [first, again] = [await ask(), await ask()];
        expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([first.status, 'true']);
        expect(first.headers.get('idempotency-replayed')).toBeNull();
        return [await first.text(), await again.text()] as const;
      };
      const {
        upload_id: completed,
        parts: [part],
      } = await begin(running, 5);
      const parts: Part[] = [await putPart(part?.url ?? '', 1, short('hello'))];
      const completing = once();
      const [created, replayed] = await twice(() => postComplete(running, completed, parts, completing));
      expect(replayed).toBe(created);
      const { hash_id } = JSON.parse(created) as Created;
      expect(await (await raw(hash_id)).text()).toBe('hello');
      const { upload_id } = await begin(running, 5);
      const aborting = once();
      await twice(() => abort(running, upload_id, aborting));
    });

    test('are not shared by anonymous callers with the same Idempotency-Key and address', async () => {
      const running = await server();
      const keyed = { 'Idempotency-Key': randomUUID() };
      const start = (size: number) =>
        fetch(`${running.url}${api}/uploads`, {
          method: 'POST',
          headers: keyed,
          body: JSON.stringify({ size, mime_type: 'text/plain' }),
        });
      const [first, again] = [await start(5), await start(5)];
      expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([
        201,
        201,
        null,
      ]);
      const [one, other] = [(await first.json()) as Begun, (await again.json()) as Begun];
      expect(other.upload_id).not.toBe(one.upload_id);
      await expectError(await start(6), 409);
      const parts = await putAll(one, short('hello'));
      await putAll(other, short('other'));
      const completed = await postComplete(running, one.upload_id, parts);
      const { hash_id } = (await completed.json()) as Created;
      expect(await (await raw(hash_id)).text()).toBe('hello');
    });

    test('that are aborted are removed, with their parts', async () => {
      const running = await server();
      const begun = await begin(running, 5);
      const parts = await putAll(begun, short('hello'));
      expect((await abort(running, begun.upload_id)).status).toBe(204);
      await expectError(await abort(running, begun.upload_id), 404);
      await expectError(await postComplete(running, begun.upload_id, parts), 404);
    });

    test.each(['upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX', 'upload_', 'x', '%ff', 'upload_%00'])(
      'with the id %s are unknown',
      async (id) => {
        const running = await server();
        const parts = [{ number: 1, etag: 'x' }];
        for (const response of [await abort(running, id), await postComplete(running, id, parts)])
          expect(await expectError(response, 404)).toMatch(/upload/i);
      },
    );

    test('create payloads with the TTL or the expiry of the start', async () => {
      const running = await server();
      const expiry_time = inSeconds(3600);
      const created = await uploadInParts(running, short('hello'), { expiry_time });
      expect(created.expiry_time).toBe(expiry_time);
      // An upload expires with its payload, if that is earlier.
      const soon = inSeconds(60);
      expect((await begin(running, 5, { expiry_time: soon })).expires_at).toBe(soon);
    });
  });
}
