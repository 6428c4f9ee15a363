import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { storedBlobs } from './file-server.ts';
import { rawRequest, requestText } from './raw-request.ts';

const kibibyte = 1024;
const limits = {
  MAX_PAYLOAD_SIZE: '64KiB',
  MAX_ANONYMOUS_SIZE: '1MiB',
  INLINE_LIMIT: '16',
  LOG_LEVEL: 'error',
};

type Piece = { disposition: string; type?: string; content?: string };

const field = (name: string, content = ''): Piece => ({ disposition: `form-data; name="${name}"`, content });
const file = (content: string, name = 'a.txt'): Piece => ({
  disposition: `form-data; name="file"; filename="${name}"`,
  content,
});

function formOf(pieces: Piece[], end = '--edge--\r\n'): string {
  const lines = ({ disposition, type }: Piece) =>
    [
      '--edge',
      `Content-Disposition: ${disposition}`,
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ].join('\r\n');
  return pieces.map((piece) => `${lines(piece)}\r\n\r\n${piece.content ?? ''}\r\n`).join('') + end;
}

for (const runtime of ['bun', 'deno'] as Runtime[])
  await suiteWith(runtime === 'deno' ? ['deno'] : [], `forms made by hand, on ${runtime}`, () => {
    let mayfly: MayflyProcess;
    beforeAll(async () => {
      mayfly = await startMayfly({ runtime, clockless: true, env: limits });
    });
    afterAll(() => mayfly.stop());

    /** Sends a form in one piece, so that all of it has arrived when its first field is read. */
    const post = async (
      body: string,
      { accept = 'text/html', contentType = 'multipart/form-data; boundary=edge', length = body.length } = {},
    ) => {
      const head = [
        'POST / HTTP/1.1',
        'Host: mayfly.example',
        `Accept: ${accept}`,
        `Content-Type: ${contentType}`,
        `Content-Length: ${length}`,
        'Connection: close',
      ];
      const { status, headers, body: answer } = await rawRequest(mayfly.url, requestText(head, body));
      return { status, type: headers['content-type'], answer };
    };

    const refused: [string, number, Piece[]][] = [
      ['of a field that the form has not', 400, [field('__proto__', 'x'), field('text', 'x')]],
      ['of a field without a name', 400, [{ disposition: 'form-data', content: 'x' }, field('text', 'x')]],
      ['of a field twice', 400, [field('ttl', '1h'), field('ttl', '1h'), field('text', 'x')]],
      ['of a field behind its file', 400, [file('x'), field('text', 'y')]],
      ['of two files', 400, [file('x'), file('y')]],
      ['of a file name that is none', 400, [file('x', 'a\u0001b')]],
      ['of a text that is too long', 413, [field('text', 'x'.repeat(64 * kibibyte + 1)), field('ttl')]],
      [
        'of fields that are too long together',
        413,
        ['ttl', 'max_reads', 'syntax', 'text'].map((name) => field(name, 'x'.repeat(50 * kibibyte))),
      ],
      ['of a file that is too long', 413, [file('x'.repeat(1024 * kibibyte + 1))]],
    ];

    describe.each(refused)('%s', (_what, status, pieces) => {
      test('are rejected for that, on a page', async () => {
        const page = await post(formOf(pieces));
        expect([page.status, page.type]).toEqual([status, 'text/html; charset=utf-8']);
      });
    });

    test.each([
      ['no boundary', formOf([field('text', 'x')]), { contentType: 'multipart/form-data' }],
      ['no end', formOf([field('text', 'x')], ''), {}],
      ['no end of the file', formOf([file('x')], ''), {}],
      ['nothing in it', '', {}],
      ['nothing but an end', formOf([]), {}],
    ])('with %s are rejected, on a page, or as JSON for programs', async (_what, body, options) => {
      const page = await post(body, options);
      expect([page.status, page.type]).toEqual([400, 'text/html; charset=utf-8']);
      const asJson = await post(body, { ...options, accept: '*/*' });
      expect([asJson.status, asJson.type]).toEqual([400, 'application/json']);
    });

    test('of programs have one content, after its options, also if everything arrives at once', async () => {
      for (const pieces of [
        [file('x'), field('ttl', '1h')],
        [field('text', 'x'), field('ttl')],
        [field('text', 'x'), field('__proto__', 'y')],
        [file('x'), field('text', 'x')],
        [{ disposition: 'form-data', content: 'x' }],
        [field('ttl', '1h'), field('ttl', '1h'), file('x')],
        [...Array.from({ length: 20 }, () => file('', '')), file('x')],
      ]) {
        const { status, type } = await post(formOf(pieces), { accept: '*/*' });
        expect([pieces[0], status, type]).toEqual([pieces[0], 400, 'application/json']);
      }
      const { status } = await post(formOf([field('title', 'x'.repeat(5000)), file('x')]), { accept: '*/*' });
      expect(status).toBe(413);
    });

    test('that announce too much are rejected before the body is sent', async () => {
      for (const accept of ['text/html', '*/*']) {
        const { status } = await post(formOf([file('x')]), {
          accept,
          length: 1024 * kibibyte + 65 * kibibyte,
        });
        expect(status).toBe(413);
      }
    });

    test('leave nothing behind, and no fault in the log', async () => {
      expect(await storedBlobs({ ...mayfly })).toEqual([]);
      expect(mayfly.logs()).not.toContain('"level":50');
    });
  });
