import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import {
  type Client,
  createClient,
  fetchTransport,
  type Progress,
  parseShareLink,
  type Source,
} from '../../src/client/index.ts';
import { type FileServer, startFileServer } from '../api/file-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { bytesOf, mebibyte, readable, same, someBytes, streaming } from './some-content.ts';

setDefaultTimeout(60_000);

let server: FileServer;
let client: Client;
beforeAll(async () => {
  server = await startFileServer({ clockless: true, env: { MAX_ANONYMOUS_SIZE: '40MiB' } });
  client = createClient({ url: `${server.url}/` });
});
afterAll(() => server.stop());

const refusal = (status: number) => expect.objectContaining({ name: 'MayflyError', status });

describe('a small payload', () => {
  test('is created, described, read and deleted', async () => {
    const made = await client.payloads.create('héllo', { name: 'notes – ü.txt', ttl: '10m' });
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      url: `${server.url}/p/${made.id}`,
      expiresAt: expect.any(String),
      deleteToken: expect.any(String),
    });
    const left = Date.parse(made.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(9 * 60_000);
    expect(left).toBeLessThanOrEqual(10 * 60_000);
    const info = await client.payloads.info(made.id);
    expect(info).toMatchObject({ size: 6, name: 'notes – ü.txt', counted: false, etag: `"${made.id}"` });
    const read = await client.payloads.get(made.id);
    expect(read).toMatchObject({ status: 200, size: 6, mediaType: 'text/plain; charset=utf-8' });
    expect(await new Response(read.stream).text()).toBe('héllo');
    expect(await client.payloads.getJson(made.id)).toEqual({
      content: 'héllo',
      mediaType: 'text/plain',
      expiresAt: made.expiresAt,
    });
    await expect(client.payloads.remove(made.id)).rejects.toEqual(refusal(403));
    await client.payloads.remove(made.id, made.deleteToken);
    for (const method of ['info', 'get', 'getJson', 'remove'] as const)
      await expect(client.payloads[method](made.id)).rejects.toEqual(refusal(404));
  });

  test('is gone after its last read', async () => {
    const { id } = await client.payloads.create('once', { maxReads: 1, ttl: 60 });
    expect(await client.payloads.info(id)).toMatchObject({ counted: true, size: 4 });
    expect(await client.payloads.getJson(id)).toMatchObject({ content: 'once', readsLeft: 0 });
    await expect(client.payloads.getJson(id)).rejects.toEqual(refusal(404));
  });

  test('has the given type, or else the one of its name or its bytes', async () => {
    const typeOf = async (...given: Parameters<Client['payloads']['create']>) =>
      (await client.payloads.getJson((await client.payloads.create(...given)).id)).mediaType;
    expect(await typeOf('{}', { type: 'application/x-own' })).toBe('application/x-own');
    expect(await typeOf(new Blob(['{}'], { type: 'text/x-own' }))).toBe('text/x-own');
    expect(await typeOf('a,b', { name: 'table.csv' })).toBe('text/csv');
    expect(await typeOf(new TextEncoder().encode('%PDF-1.7\n'))).toBe('application/pdf');
  });

  test.each(['login', 'docs', 'openapi.json', 'metrics', 'v1', '.profile', '%41', 'ü', '100%.txt'])(
    'may have any name: %s',
    async (name) => {
      const { id } = await client.payloads.create('content', { name });
      expect((await client.payloads.info(id)).name).toBe(name);
    },
  );

  test('may be empty, and may be binary', async () => {
    const empty = await client.payloads.create('');
    expect((await bytesOf((await client.payloads.get(empty.id)).stream)).length).toBe(0);
    const binary = Uint8Array.from({ length: 256 }, (_, at) => at);
    const { id } = await client.payloads.create(binary);
    expect((await client.payloads.getJson(id)).content).toEqual(binary);
  });

  test('can be read in ranges', async () => {
    const { id } = await client.payloads.create(someBytes(1000));
    const part = await client.payloads.get(id, { range: { start: 10, end: 19 }, ifRange: `"${id}"` });
    expect(part).toMatchObject({ status: 206, size: 1000 });
    expect(await bytesOf(part.stream)).toEqual(someBytes(1000).slice(10, 20));
    const rest = await client.payloads.get(id, { range: { start: 990 } });
    expect((await bytesOf(rest.stream)).length).toBe(10);
    const other = await client.payloads.get(id, { range: { start: 10 }, ifRange: '"another"' });
    expect(other).toMatchObject({ status: 200, size: 1000 });
    await expect(client.payloads.get(id, { range: { start: 1000 } })).rejects.toEqual(refusal(416));
  });

  test('is refused if its terms are invalid', async () => {
    await expect(client.payloads.create('x', { ttl: 'soon' })).rejects.toEqual(refusal(400));
    await expect(client.payloads.create('x', { maxReads: 0 })).rejects.toEqual(refusal(400));
    await expect(client.payloads.create('x', { name: 'a/b' })).rejects.toEqual(refusal(400));
  });
});

describe('an upload', () => {
  const size = 11 * mebibyte + 17;
  const bytes = someBytes(size);
  const file = join(temporaryDirectory('client'), 'large.bin');
  beforeAll(() => Bun.write(file, bytes));

  const sources: [string, () => Source][] = [
    ['bytes', () => bytes],
    ['a Blob', () => new Blob([bytes.slice(0, 5_000_000), bytes.slice(5_000_000)])],
    ['a file', () => Bun.file(file)],
    ['a stream of known size', () => streaming(bytes, size)],
    ['a stream of unknown length', () => streaming(bytes)],
    ['a source with random access', () => readable(bytes)],
  ];
  test.each(sources)('of %s arrives completely, and reports its progress', async (_, source) => {
    const progress: Progress[] = [];
    const { id } = await client.payloads.upload(source(), {
      name: 'large.bin',
      type: 'application/x-large',
      ttl: '1h',
      onProgress: (now) => progress.push(now),
    });
    const read = await client.payloads.get(id);
    expect(read).toMatchObject({ name: 'large.bin', mediaType: 'application/x-large' });
    expect((await client.payloads.info(id)).size).toBe(size);
    expect(same(await bytesOf(read.stream), bytes)).toBe(true);
    expect(progress[0]?.sent).toBe(0);
    expect(progress.at(-1)?.sent).toBe(size);
    expect(progress.length).toBeGreaterThan(3);
    for (const { sent } of progress) expect(sent).toBeLessThanOrEqual(size);
  });

  test.each([0, 1, 8 * mebibyte, 8 * mebibyte + 1])('of %d bytes arrives completely', async (size) => {
    for (const source of [streaming(bytes.subarray(0, size), size), streaming(bytes.subarray(0, size))]) {
      const { id } = await client.payloads.upload(source);
      expect(same(await bytesOf((await client.payloads.get(id)).stream), bytes.subarray(0, size))).toBe(true);
    }
  });

  test.each(['a stream of known size', 'a source with random access'])(
    'of %s takes no more memory than the three parts that are being sent',
    async (kind) => {
      const long = someBytes(31 * mebibyte);
      const arrays = new Set<ArrayBufferLike>();
      const note = ({ buffer }: Uint8Array) => void arrays.add(buffer);
      const noting = createClient({
        url: server.url,
        transport: (outgoing) => {
          if (outgoing.body instanceof Uint8Array) note(outgoing.body);
          return fetchTransport(fetch)(outgoing);
        },
      });
      const source = kind.startsWith('a stream') ? streaming(long, long.length) : readable(long);
      const { id } = await noting.payloads.upload(source);
      expect(same(await bytesOf((await client.payloads.get(id)).stream), long)).toBe(true);
      expect(arrays.size).toBeGreaterThan(0);
      // A stream is read further while three parts are sent.
      expect(arrays.size).toBeLessThanOrEqual(kind.startsWith('a stream') ? 4 : 3);
    },
  );

  test('can be limited to one read', async () => {
    const { id } = await client.payloads.upload(bytes, { maxReads: 1 });
    expect(await client.payloads.info(id)).toMatchObject({ counted: true });
    await bytesOf((await client.payloads.get(id)).stream);
    await expect(client.payloads.info(id)).rejects.toEqual(refusal(404));
  });

  test.each([100, 9 * mebibyte])(
    'of a stream whose size is not as declared, %d bytes, stores nothing',
    async (declared) => {
      for (const length of [declared - 1, declared + 1])
        await expect(client.payloads.upload(streaming(someBytes(length), declared))).rejects.toThrow(
          'declared size',
        );
    },
  );

  test('of a stream that fails rejects with its error', async () => {
    const failing = (size?: number) => ({
      size,
      stream: () => new ReadableStream({ pull: (controller) => controller.error(new Error('disk is gone')) }),
    });
    for (const size of [undefined, 10, 9 * mebibyte])
      await expect(client.payloads.upload(failing(size))).rejects.toThrow('disk is gone');
  });

  test('that is too large is refused before it is sent', async () => {
    const source = {
      size: 41 * mebibyte,
      stream: () => {
        throw new Error('nothing is to be read');
      },
    };
    await expect(client.payloads.upload(source)).rejects.toEqual(refusal(413));
  });

  test('with invalid terms is not sent', async () => {
    await expect(client.payloads.upload(bytes, { ttl: 'soon' })).rejects.toEqual(refusal(400));
  });
});

test('a share link is parsed in every form', () => {
  const id = '0123456789abcdef0123456789abcdef';
  const secret = 'A'.repeat(43);
  expect(parseShareLink(id)).toEqual({ id });
  expect(parseShareLink(`${id}#${secret}`)).toEqual({ id, secret });
  expect(parseShareLink(` https://host/p/${id} \n`)).toEqual({ id, url: 'https://host' });
  expect(parseShareLink(`http://host:1/base/raw/${id}?x=y#${secret}`)).toEqual({
    id,
    url: 'http://host:1/base',
    secret,
  });
  // The page uses the same fragment to mark lines.
  expect(parseShareLink(`https://host/p/${id}#L3-L9`)).toEqual({ id, url: 'https://host' });
  expect(parseShareLink(`${id}#${secret}&L3`)).toEqual({ id, secret });
  for (const other of [
    '',
    'x',
    id.slice(1),
    `${id}0`,
    `https://host/${id}`,
    `ftp://host/p/${id}`,
    id.toUpperCase(),
  ])
    expect(parseShareLink(other)).toBeUndefined();
});
