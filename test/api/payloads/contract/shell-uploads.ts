import { beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { type CurlAnswer, curl } from '../../curl.ts';
import { type Created, idOf, readJson, type ServerOf } from '../server.ts';

const text = 'first line\nsecond line\n';
/** The signature and first chunk of every PNG (PNG specification, sections 5.2 and 11.2.2), 1 by 1. */
const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
const large = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));

/** Shell uploads, with the real curl. */
export function shellUploads(server: ServerOf): void {
  let folder = '';
  const file = (name: string) => join(folder, name);
  beforeAll(() => {
    folder = temporaryDirectory('uploads');
    writeFileSync(file('notes.txt'), text);
    writeFileSync(file('data.json'), '{"content":"mine"}');
    writeFileSync(file('picture'), png);
    writeFileSync(file('large.bin'), large);
    writeFileSync(file('empty.txt'), '');
    writeFileSync(file('page.html'), '<script>alert(1)</script>');
  });

  /** Expects the shell's response to a created payload, and resolves to its id. */
  const createdId = async ({ status, headers, body }: CurlAnswer): Promise<string> => {
    const { url } = await server();
    expect({ status, body }).toEqual({ status: 201, body: expect.stringMatching(/\/p\/[0-9a-f]{32}\n$/) });
    expect(body.startsWith(`${url}/p/`)).toBe(true);
    // A copy, because Bun's matchers modify the object that they compare.
    expect({ ...headers }).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      location: body.trim(),
      'x-expires-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      'x-delete-token': expect.stringMatching(/^[A-Za-z0-9_-]{20,}$/),
      'cache-control': 'no-store',
    });
    return idOf(body.trim());
  };
  const bytesOf = async (id: string) =>
    Buffer.from(await (await fetch(`${(await server()).url}/raw/${id}`)).bytes());
  const typeOf = async (id: string) => (await readJson(await server(), id)).mime_type;

  describe('curl -T', () => {
    test('takes the name and the type from the file, whether the URL ends with a slash or not', async () => {
      const { url } = await server();
      for (const target of [`${url}/`, url, `${url}/notes.txt`]) {
        const id = await createdId(await curl(['-T', file('notes.txt'), target]));
        expect((await bytesOf(id)).toString()).toBe(text);
        expect(await typeOf(id)).toBe('text/plain');
        const raw = await fetch(`${url}/raw/${id}`);
        expect(raw.headers.get('content-disposition')).toMatch(/^inline; filename="?notes\.txt"?$/);
      }
    });

    test('sends large and empty files', async () => {
      const { url } = await server();
      expect(await bytesOf(await createdId(await curl(['-T', file('large.bin'), `${url}/`])))).toEqual(large);
      expect(await bytesOf(await createdId(await curl(['-T', file('empty.txt'), `${url}/`])))).toHaveLength(
        0,
      );
    });

    test('sends a pipe, large or small, with the type of its bytes', async () => {
      const { url } = await server();
      const small = await createdId(await curl(['-T', '-', `${url}/`], text));
      expect((await bytesOf(small)).toString()).toBe(text);
      expect(await typeOf(small)).toBe('text/plain');
      const picture = await createdId(await curl(['-T', '-', `${url}/`], png));
      expect(await typeOf(picture)).toBe('image/png');
      const piped = await createdId(await curl(['-T', '-', `${url}/`], large));
      expect(await bytesOf(piped)).toEqual(large);
      expect(await typeOf(piped)).toBe('application/octet-stream');
    });

    test('keeps the type of the request', async () => {
      const { url } = await server();
      const given = ['-H', 'Content-Type: text/x-given'];
      const id = await createdId(await curl([...given, '-T', file('notes.txt'), `${url}/`]));
      expect(await typeOf(id)).toBe('text/x-given');
    });

    test('answers in JSON on request', async () => {
      const { url } = await server();
      const accept = ['-H', 'Accept: application/json'];
      const { status, headers, body } = await curl([...accept, '-T', file('notes.txt'), `${url}/`]);
      expect(status).toBe(201);
      expect(headers['content-type']).toBe('application/json');
      const created = JSON.parse(body) as Created;
      expect({ ...created }).toEqual({
        hash_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        expiry_time: headers['x-expires-at'] ?? '',
        url: `${url}/p/${created.hash_id}`,
        delete_token: headers['x-delete-token'] ?? '',
      });
    });

    test('returns a token, and only that deletes', async () => {
      const { url } = await server();
      const answer = await curl(['-T', file('notes.txt'), `${url}/`]);
      const target = `${url}/api/v1/payloads/${await createdId(answer)}`;
      expect((await curl(['-X', 'DELETE', target])).status).toBe(403);
      const token = ['-H', `X-Delete-Token: ${answer.headers['x-delete-token']}`];
      expect((await curl([...token, '-X', 'DELETE', target])).status).toBe(204);
      expect((await curl([target])).status).toBe(404);
    });
  });

  describe('curl --data-binary', () => {
    test('sends bytes unchanged, with the type of the bytes', async () => {
      const { url } = await server();
      const plain = await createdId(await curl(['--data-binary', `@${file('notes.txt')}`, `${url}/`]));
      expect((await bytesOf(plain)).toString()).toBe(text);
      expect(await typeOf(plain)).toBe('text/plain');
      const picture = await createdId(await curl(['--data-binary', `@${file('picture')}`, url]));
      expect(await bytesOf(picture)).toEqual(png);
      expect(await typeOf(picture)).toBe('image/png');
      const piped = await createdId(await curl(['--data-binary', '@-', `${url}/`], text));
      expect((await bytesOf(piped)).toString()).toBe(text);
    });

    test('sends JSON to / as the payload, not as a request', async () => {
      const { url } = await server();
      const json = ['-H', 'Content-Type: application/json', '--data-binary', `@${file('data.json')}`];
      const id = await createdId(await curl([...json, `${url}/`]));
      expect((await bytesOf(id)).toString()).toBe('{"content":"mine"}');
      expect(await typeOf(id)).toBe('application/json');
    });
  });

  describe('curl -F', () => {
    test('sends one file of a form, with its name and type', async () => {
      const { url } = await server();
      const id = await createdId(await curl(['-F', `file=@${file('notes.txt')}`, `${url}/`]));
      expect((await bytesOf(id)).toString()).toBe(text);
      expect(await typeOf(id)).toBe('text/plain');
      const raw = await fetch(`${url}/raw/${id}`);
      expect(raw.headers.get('content-disposition')).toMatch(/^inline; filename="?notes\.txt"?$/);
      const big = await createdId(await curl(['-F', `anything=@${file('large.bin')}`, url]));
      expect(await bytesOf(big)).toEqual(large);
    });

    test('keeps a given type, and sniffs one that curl does not know', async () => {
      const { url } = await server();
      const given = await curl(['-F', `file=@${file('picture')};type=text/x-given`, `${url}/`]);
      expect(await typeOf(await createdId(given))).toBe('text/x-given');
      const sniffed = await curl(['-F', `file=@${file('picture')}`, `${url}/`]);
      expect(await typeOf(await createdId(sniffed))).toBe('image/png');
    });

    test('gets 400 for a form without content or with two, and nothing is stored', async () => {
      const { url } = await server();
      const notes = `a=@${file('notes.txt')}`;
      for (const form of [
        ['-F', 'ttl=1h'],
        ['-F', 'title=name', '-F', 'max_reads=1'],
        ['-F', notes, '-F', `b=@${file('picture')}`],
        ['-F', notes, '-F', 'field=value'],
        ['-F', 'field=value', '-F', notes],
        ['-F', 'field=value', '-F', 'other=value'],
      ]) {
        const { status, body } = await curl([...form, `${url}/`]);
        expect({ status, body: JSON.parse(body) }).toEqual({
          status: 400,
          body: { error: expect.stringContaining('form') },
        });
      }
    });
  });

  describe('expiry and reads from the shell', () => {
    const forms = (): [string, string[]][] => [
      ['-T', ['-T', file('notes.txt')]],
      ['--data-binary', ['--data-binary', `@${file('notes.txt')}`]],
      ['-F', ['-F', `file=@${file('notes.txt')}`]],
    ];
    const secondsLeft = ({ headers }: CurlAnswer) =>
      Math.round((Date.parse(headers['x-expires-at'] ?? '') - Date.now()) / 1000);

    test('can be in the query or in headers, with every form', async () => {
      const { url } = await server();
      for (const [, form] of forms()) {
        const byQuery = await curl([...form, `${url}/?ttl=10m&max_reads=1`]);
        const byHeader = await curl([...form, '-H', 'X-TTL: 600', '-H', 'X-Max-Reads: 1', `${url}/`]);
        for (const answer of [byQuery, byHeader]) {
          const id = await createdId(answer);
          expect(Math.abs(secondsLeft(answer) - 600)).toBeLessThanOrEqual(2);
          expect((await bytesOf(id)).toString()).toBe(text);
          expect((await curl([`${url}/raw/${id}`])).status).toBe(404);
        }
      }
    });

    test.each([
      ['ttl', '?ttl=soon'],
      ['ttl', '?ttl='],
      ['ttl', '?ttl=0'],
      ['ttl', '?ttl=-1'],
      ['ttl', '?ttl=9999d'],
      ['max_reads', '?max_reads=0'],
      ['max_reads', '?max_reads=-1'],
      ['max_reads', '?max_reads=many'],
      ['max_reads', '?max_reads='],
      ['max_reads', '?max_reads=1.5'],
    ])('an unreadable %s in %j is 400, never ignored', async (name, query) => {
      const { url } = await server();
      for (const [, form] of forms()) {
        const { status, body } = await curl([...form, `${url}/${query}`]);
        expect({ status, body: JSON.parse(body) }).toEqual({
          status: 400,
          body: { error: expect.stringContaining(name) },
        });
      }
    });

    test('misplaced and duplicate options are rejected', async () => {
      const { url } = await server();
      for (const answer of [
        await curl(['-T', file('notes.txt'), `${url}/?expiry_time=2030-01-01T00:00:00Z`]),
        await curl(['-T', file('notes.txt'), `${url}/?tll=1m`]),
        await curl(['-T', file('notes.txt'), '-H', 'X-TTL: 2m', `${url}/?ttl=1m`]),
        // Options precede their content.
        await curl(['-F', `file=@${file('notes.txt')}`, '-F', 'ttl=1m', `${url}/`]),
        await curl(['-F', 'ttl=1m', '-F', `file=@${file('notes.txt')}`, `${url}/?ttl=2m`]),
        await curl(['-F', 'ttl=1m', '-F', 'ttl=1m', '-F', `file=@${file('notes.txt')}`, `${url}/`]),
        await curl(['-F', 'ttl=soon', '-F', `file=@${file('notes.txt')}`, `${url}/`]),
        await curl(['-F', 'key=sk_live_x', '-F', `file=@${file('notes.txt')}`, `${url}/`]),
      ])
        expect(answer.status).toBe(400);
      const wrongKey = ['-F', 'key=pl_live_x', '-F', `file=@${file('notes.txt')}`, `${url}/`];
      expect((await curl(wrongKey)).status).toBe(401);
    });

    test('an aborted form after a rejected name affects only itself', async () => {
      const { url } = await server();
      const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a\u0001b"\r\n\r\n';
      for (const rest of ['no end', ''])
        await fetch(`${url}/`, {
          method: 'POST',
          headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
          body: head + rest,
        }).then(({ status }) => expect(status).toBe(400));
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    });

    test('unreadable headers are rejected', async () => {
      const { url } = await server();
      for (const header of ['X-TTL: soon', 'X-TTL;', 'X-Max-Reads: 0', 'X-Max-Reads;']) {
        const { status, body } = await curl(['-H', header, '-T', file('notes.txt'), `${url}/`]);
        expect({ header, status, body: JSON.parse(body) }).toEqual({
          header,
          status: 400,
          body: { error: expect.any(String) },
        });
      }
    });
  });

  describe('curl alone', () => {
    test('shows how to start, with the URL of this server', async () => {
      const { url } = await server();
      const { status, headers, body } = await curl([`${url}/`]);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('text/plain; charset=utf-8');
      for (const form of ['curl -T', 'curl --data-binary', 'curl -F', url]) expect(body).toContain(form);
    });

    test('reads from a share URL', async () => {
      const { url } = await server();
      const { body } = await curl(['-T', file('page.html'), `${url}/`]);
      const read = await curl([body.trim()]);
      expect(read.body).toBe('<script>alert(1)</script>');
      expect(read.headers['content-type']).toBe('text/plain; charset=utf-8');
    });
  });
}
