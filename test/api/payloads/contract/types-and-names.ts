import { describe, expect, test } from 'bun:test';
import { rawRequest, requestText } from '../../raw-request.ts';
import { create, expectError, idOf, post, readJson, type ServerOf } from '../server.ts';

/** The name and the type of a payload, by every way that has a name (HTML; RFC 7578; RFC 6266). */
export function typesAndNames(server: ServerOf): void {
  const rawOf = async (id: string) => fetch(`${(await server()).url}/raw/${id}`);
  /** Without the quotes that a token does not need. */
  const dispositionOf = async (id: string) =>
    (await rawOf(id)).headers.get('content-disposition')?.replace(/filename="([\w.-]+)"/, 'filename=$1') ??
    null;

  /** A form, byte by byte. Without `type`, the part has none. */
  const postForm = async (parts: { head: string; body?: string; type?: string }[]) => {
    const { url } = await server();
    const text = parts
      .map(({ head, body = '', type }) => {
        const typed = type === undefined ? '' : `\r\nContent-Type: ${type}`;
        return `--b\r\nContent-Disposition: form-data; ${head}${typed}\r\n\r\n${body}\r\n`;
      })
      .join('');
    return fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
      body: Buffer.from(`${text}--b--\r\n`, 'latin1'),
    });
  };
  const createdBy = async (answer: Promise<Response>) => {
    const response = await answer;
    const text = await response.text();
    expect([response.status, text]).toEqual([201, expect.stringContaining('/p/')]);
    return idOf(text.trim());
  };
  const file = (filename: string, body = 'x', type = 'application/octet-stream') => ({
    head: `name="file"; filename="${filename}"`,
    body,
    type,
  });
  const field = (name: string, body: string) => ({ head: `name="${name}"`, body });
  const putNamed = async (encoded: string, body: BodyInit = 'x', headers: Record<string, string> = {}) =>
    fetch(`${(await server()).url}/${encoded}`, { method: 'PUT', headers, body });

  describe('the name of an upload', () => {
    test.each([
      // These names as browsers and curl send them (HTML, "multipart/form-data encoding algorithm").
      ['q%22uote.txt', `inline; filename="q\\"uote.txt"`],
      ['100%25.txt', `inline; filename=100_25.txt; filename*=UTF-8''100%2525.txt`],
      ['a%20b%2F.txt', `inline; filename=a_20b_2F.txt; filename*=UTF-8''a%2520b%252F.txt`],
      ['a%0ab%0d.txt', `inline; filename=a_0ab_0d.txt; filename*=UTF-8''a%250ab%250d.txt`],
      // Not UTF-8: Latin-1.
      ['l\xe4tin.txt', 'inline; filename=l_tin.txt'],
      ['-', null],
    ])('in a form as %j is served as %p', async (sent, header) => {
      expect(await dispositionOf(await createdBy(postForm([file(sent)])))).toBe(header);
    });

    test.each(['new%0Aline.txt', 'cr%0D.txt', '%0D%0A', 'a\x1bb', '\x7f'])(
      'in a form as %j is 400',
      async (sent) => {
        expect(await expectError(await postForm([file(sent)]), 400)).toContain('must be a file name');
      },
    );

    test.each([
      ['q%22uote.txt', `inline; filename="q\\"uote.txt"`],
      ['l%E4tin.txt', 'inline; filename=l_tin.txt'],
      ['%ff%fe', 'inline; filename=__'],
      ['%C3%BCn%C3%AF.txt', `inline; filename=_n_.txt; filename*=UTF-8''%C3%BCn%C3%AF.txt`],
      ['-', null],
      ['%2D', null],
    ])('in a path as %j is served as %p', async (sent, header) => {
      const id = await createdBy(putNamed(sent));
      expect(await dispositionOf(id)).toBe(header);
    });

    test.each(['new%0Aline.txt', 'a%2Fb', 'a%5Cb', 'a%00', '%C2%9B'])(
      'in a path as %j is 400',
      async (sent) => {
        expect(await expectError(await putNamed(sent), 400)).toContain('UTF-8');
      },
    );

    test('has no bidi controls, however it is sent', async () => {
      const name = 'a\u202efdp.\u2066\u200eexe';
      const utf8 = Buffer.from(name).toString('latin1');
      for (const answer of [postForm([file(utf8)]), putNamed(encodeURIComponent(name))])
        expect(await dispositionOf(await createdBy(answer))).toBe('inline; filename=afdp.exe');
      expect(await expectError(await putNamed(encodeURIComponent('\u202e')), 400)).toContain('file name');
    });
  });

  describe('a form', () => {
    const empty = { ...file('', ''), head: 'name="other"; filename=""' };

    test('with empty file inputs has no file', async () => {
      for (const parts of [[empty], [empty, empty], [field('ttl', '1h'), empty]])
        expect(await expectError(await postForm(parts), 400)).toBe('The form has no file');
    });

    test('may have empty file inputs beside a used one', async () => {
      for (const parts of [
        [empty, file('a.txt', 'filled')],
        [file('a.txt', 'filled'), empty],
        [{ ...empty, body: 'filled' }, empty],
      ])
        expect(await (await rawOf(await createdBy(postForm(parts)))).text()).toBe('filled');
      const long = 'x'.repeat(300_000);
      for (const parts of [
        [{ ...empty, body: long }],
        [empty, field('text', long)],
        [file('a', long), empty],
      ])
        expect(await (await rawOf(await createdBy(postForm(parts)))).text()).toBe(long);
      expect((await postForm([{ ...empty, body: 'one' }, file('a.txt', 'two')])).status).toBe(400);
    });

    test('may have a named empty file as its content', async () => {
      const id = await createdBy(postForm([file('empty.txt', '')]));
      expect(await (await rawOf(id)).text()).toBe('');
      expect(await dispositionOf(id)).toContain('empty.txt');
    });

    test('without a file has its only other field as content, under any name', async () => {
      for (const name of ['text', 'content', 'file', 'url', '__proto__', 'f:1']) {
        const id = await createdBy(postForm([field(name, 'a text')]));
        expect(await readJson(await server(), id)).toMatchObject({
          content: 'a text',
          mime_type: 'text/plain',
        });
      }
      const typed = await createdBy(postForm([{ ...field('x', '# a'), type: 'text/markdown' }]));
      expect((await readJson(await server(), typed)).mime_type).toBe('text/markdown');
      const bytes = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89';
      const picture = await createdBy(postForm([field('x', bytes)]));
      expect(Buffer.from(await (await rawOf(picture)).bytes()).toString('latin1')).toBe(bytes);
      expect((await rawOf(picture)).headers.get('content-type')).toBe('image/png');
    });

    test('has the TTL, the reads and the name before the content', async () => {
      const terms = [field('ttl', '600'), field('max_reads', '1'), field('title', 'My notes.md')];
      const response = await postForm([...terms, field('text', '# a')]);
      expect(response.status).toBe(201);
      const seconds = (Date.parse(response.headers.get('x-expires-at') ?? '') - Date.now()) / 1000;
      expect(Math.abs(seconds - 600)).toBeLessThan(60);
      const raw = await rawOf(idOf((await response.text()).trim()));
      expect(Object.fromEntries(raw.headers)).toMatchObject({
        'x-reads-left': '0',
        'content-disposition': 'inline; filename="My notes.md"',
        'content-type': 'text/markdown; charset=utf-8',
      });
    });
  });

  describe('the type of an upload', () => {
    const source = 'let x = 1;\n';

    test.each([
      ['a.ts', 'text/x-typescript'],
      ['a.mts', 'text/x-typescript'],
      ['a.rs', 'text/x-rust'],
      ['a.bat', 'text/plain'],
      ['a.cpp', 'text/x-c++'],
      ['server.key', 'text/plain'],
      ['a.toml', 'text/x-toml'],
    ])('%s is text if its bytes are', async (name, type) => {
      for (const answer of [putNamed(name, source), postForm([file(name, source)])]) {
        const { headers } = await rawOf(await createdBy(answer));
        expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`);
        expect(headers.get('content-disposition')).toStartWith('inline');
      }
    });

    test('is the registered one of the extension if the bytes are not text', async () => {
      const id = await createdBy(putNamed('a.ts', Uint8Array.of(0x47, 0x40, 0, 0xff)));
      expect((await rawOf(id)).headers.get('content-type')).toBe('video/mp2t');
    });

    test('that is empty, or a range of types, is ignored', async () => {
      const { url } = await server();
      const put = ['PUT /a.md HTTP/1.1', 'Host: mayfly.example', 'Content-Length: 3', 'Connection: close'];
      for (const type of ['', '*/*', 'text/*']) {
        const { status, body } = await rawRequest(url, requestText([...put, `Content-Type: ${type}`], '# a'));
        expect([type, status]).toEqual([type, 201]);
        expect((await readJson(await server(), idOf(body.trim()))).mime_type).toBe('text/markdown');
      }
      for (const mime_type of ['*/*', 'text/*', '*/plain'])
        expect(await expectError(await post(await server(), { content: 'x', mime_type }), 400)).toContain(
          'mime_type',
        );
    });

    test.each([
      ['text/plain', 'l\xe4tin', 'text/plain'],
      ['text/plain', '\xff\xfea\0', 'text/plain'],
      ['text/plain; charset=iso-8859-1', 'l\xe4tin', 'text/plain;charset=iso-8859-1'],
      ['text/html; charset=windows-1252', 'l\xe4tin', 'text/plain; charset=windows-1252'],
      ['text/html', 'l\xe4tin', 'text/plain'],
      ['text/plain;syntax=none', '\xc3\xa4', 'text/plain;syntax=none; charset=utf-8'],
      ['text/markdown', '\xc3\xa4', 'text/markdown; charset=utf-8'],
    ])('%s of %j is served as %s', async (type, bytes, served) => {
      const body = Buffer.from(bytes, 'latin1');
      const id = await createdBy(putNamed('', body, { 'Content-Type': type }));
      expect((await rawOf(id)).headers.get('content-type')).toBe(served);
      const base64 = { content: body.toString('base64'), encoding: 'base64', mime_type: type };
      const { hash_id } = await create(await server(), base64);
      expect((await rawOf(hash_id)).headers.get('content-type')).toBe(served);
    });
  });
}
