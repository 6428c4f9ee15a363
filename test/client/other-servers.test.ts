import { afterAll, describe, expect, test } from 'bun:test';
import { createClient, InvalidCallError, type UploadState } from '../../src/client/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { mebibyte } from './some-content.ts';

/** The next response. There is no Mayfly server here. */
let answer: (request: Request) => Response | Promise<Response> = () => new Response();
let requests = 0;
let keyShown: string | null = null;
const other = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request) {
    requests += 1;
    keyShown = request.headers.get('authorization');
    return answer(request);
  },
});
afterAll(() => other.stop(true));

const url = `http://127.0.0.1:${other.port}`;
const client = createClient({ url, key: 'sk_live_secret', retry: { tries: 1 } });
const created = {
  hash_id: '0'.repeat(32),
  url: `${url}/p/${'0'.repeat(32)}`,
  expiry_time: '2030-01-01T00:00:00.000Z',
  delete_token: 'token',
};
const foreign = { name: 'NetworkError', message: expect.stringContaining('not from a Mayfly server') };

describe('an upload to a server that is not Mayfly', () => {
  test.each<[string, unknown]>([
    ['nothing in it', {}],
    ['null', null],
    ['no link', { ...created, url: undefined }],
    ['a link for scripts', { ...created, url: 'javascript:alert(1)' }],
    ['a link of two lines', { ...created, url: `${created.url}\nhttp://other/` }],
    ['a link that a terminal obeys', { ...created, url: `${created.url}\u001B]0;owned\u0007` }],
    ['a link with a fragment of its own', { ...created, url: `${created.url}#other` }],
    ['an id that is none', { ...created, hash_id: 7 }],
  ])('is no success: %s', async (_, body) => {
    answer = () => Response.json(body, { status: 201 });
    await expect(client.payloads.create('content')).rejects.toMatchObject(foreign);
  });

  const begun = (count: number, change: object = {}) => ({
    upload_id: 'upload_1',
    part_size: 5 * mebibyte,
    expires_at: created.expiry_time,
    parts: Array.from({ length: count }, (_, at) => ({ number: at + 1, url: `${url}/part/${at + 1}` })),
    ...change,
  });

  test.each<[string, unknown]>([
    ['of no length', begun(2, { part_size: 0 })],
    ['longer than memory', begun(1, { part_size: 2 ** 40 })],
    ['too few', begun(1)],
    ['without addresses', begun(2, { parts: [{ number: 1 }, { number: 2 }] })],
    ['not at all', {}],
  ])('ends where it is to go in parts: %s', async (_, body) => {
    answer = () => Response.json(body, { status: 201 });
    const states: UploadState[] = [];
    const upload = client.payloads.upload(new Uint8Array(9 * mebibyte), {
      onUpload: (state) => void states.push(state),
    });
    await expect(upload).rejects.toMatchObject(foreign);
    expect(states).toEqual([]);
  });
});

test('the key is sent only to the server, not to where it redirects', async () => {
  let shown: string | null = 'nothing came';
  const elsewhere = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ headers }) => {
      shown = headers.get('authorization');
      return Response.json({ data: [], nextCursor: null });
    },
  });
  try {
    answer = () => Response.redirect(`http://127.0.0.1:${elsewhere.port}/`, 307);
    await client.buckets.list();
    expect([keyShown, shown]).toEqual(['Bearer sk_live_secret', null]);
  } finally {
    await elsewhere.stop(true);
  }
});

test('an endless error response is not read to its end', async () => {
  let isLeft = false;
  const endless = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await Bun.sleep(1);
      controller.enqueue(new Uint8Array(32 * 1024).fill(65));
    },
    cancel() {
      isLeft = true;
    },
  });
  answer = () => new Response(endless, { status: 500 });
  await expect(client.payloads.get('0'.repeat(32))).rejects.toMatchObject({ code: 'http_500' });
  await waitFor('the answer to be left', () => isLeft);
});

test('a value that headers cannot have is refused before anything is sent, and the message omits the key', async () => {
  const before = requests;
  const broken = createClient({ url, key: 'sk_live_\nsecret', retry: { tries: 1 } });
  const failure = await broken.buckets.list().catch((error) => error);
  expect(failure).toBeInstanceOf(InvalidCallError);
  expect(failure.message).not.toContain('secret');
  for (const terms of [{ type: 'text/plain\r\nx: y' }, { ttl: '10м' }])
    await expect(client.payloads.create('content', terms)).rejects.toThrow(InvalidCallError);
  expect(requests).toBe(before);
});
