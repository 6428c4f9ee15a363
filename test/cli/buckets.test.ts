import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createClient } from '../../src/client/index.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { startProxy } from '../support/proxy.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
let key: string;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
  key = await mayflyOutput(server.dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'acme']);
});
afterAll(() => server.stop());

const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

for (const runtime of ['bun', 'deno', 'node'] as Runtime[])
  describe.concurrent(`cp, ls and rm of objects, on ${runtime}`, () => {
    const bucket = `files-of-${runtime}`;
    const large = randomBytes(30 * 1024 * 1024 + 17);
    let user: User;
    beforeAll(async () => {
      user = await newUser(server.url, { runtime, env: { MAYFLY_KEY: key } });
      await createClient({ url: server.url, key }).buckets.create(bucket);
      writeFileSync(user.path('large.bin'), large);
      writeFileSync(user.path('a.txt'), 'a');
    });

    test('a large file is uploaded and downloaded in parts without changes', async () => {
      await user.output(['cp', 'large.bin', `${bucket}:`]);
      const info = await createClient({ url: server.url, key }).objects.info(bucket, 'large.bin');
      expect(info.size).toBe(large.length);
      await user.output(['cp', `${bucket}:large.bin`, 'back/copy.bin']);
      expect(same(readFileSync(user.path('back/copy.bin')), large)).toBe(true);
      expect(readdirSync(user.path('back'))).toEqual(['copy.bin']);
    });

    test('a pipe of any length is uploaded, and downloaded to stdout', async () => {
      await user.output(['cp', '-', `${bucket}:piped.bin`], { input: large });
      const { bytes } = await user.call(['cp', `${bucket}:piped.bin`, '-']);
      expect(same(bytes, large)).toBe(true);
    });

    test('an object with a content coding is downloaded as it is stored, not decoded', async () => {
      const { objects } = createClient({ url: server.url, key });
      for (const content of [Buffer.from('a log line'), large]) {
        const coded = gzipSync(content, { level: 1 });
        await objects.put(bucket, 'coded.gz', coded, { contentEncoding: 'gzip' });
        await user.output(['cp', `${bucket}:coded.gz`, 'coded.gz']);
        expect(same(readFileSync(user.path('coded.gz')), coded)).toBe(true);
        const { bytes } = await user.call(['cp', `${bucket}:coded.gz`, '-']);
        expect(same(bytes, coded)).toBe(true);
      }
    });

    test('a folder is uploaded and downloaded with all its files', async () => {
      mkdirSync(user.path('tree/sub/deep'), { recursive: true });
      for (const name of ['tree/1.txt', 'tree/sub/2.txt', 'tree/sub/deep/3 – ü.txt'])
        writeFileSync(user.path(name), name);
      await user.output(['cp', '-r', 'tree', `${bucket}:t/`]);
      const keys = (await user.output(['ls', `${bucket}:t/`, '--json']))
        .split('\n')
        .map((line) => JSON.parse(line).key);
      expect(keys).toEqual(['t/1.txt', 't/sub/2.txt', 't/sub/deep/3 – ü.txt']);
      await user.output(['cp', '-r', `${bucket}:t`, 'tree-back']);
      expect(readFileSync(user.path('tree-back/sub/deep/3 – ü.txt'), 'utf8')).toBe('tree/sub/deep/3 – ü.txt');
      expect((await user.call(['cp', 'tree', `${bucket}:`])).code).toBe(2);
    });

    test('several files are copied below a prefix, also within the server, and are removed', async () => {
      writeFileSync(user.path('b.json'), '{}');
      await user.output(['cp', 'a.txt', 'b.json', `${bucket}:several/`]);
      await user.output(['cp', `${bucket}:several/a.txt`, `${bucket}:copied.txt`]);
      const listed = await user.output(['ls', bucket]);
      for (const name of ['several/a.txt', 'several/b.json', 'copied.txt']) expect(listed).toContain(name);
      const info = await createClient({ url: server.url, key }).objects.info(bucket, 'several/b.json');
      expect(info.mediaType).toStartWith('application/json');
      await user.output(['rm', `${bucket}:several/a.txt`, `${bucket}:copied.txt`]);
      expect(await user.output(['ls', `${bucket}:several/`])).not.toContain('a.txt');
      expect((await user.call(['rm', `${bucket}:copied.txt`])).code).toBe(3);
      expect(await user.output(['ls', '--buckets'])).toContain(bucket);
    });
  });

describe('a copy from a bucket', () => {
  const bucket = 'for-copies';
  let user: User;
  beforeAll(async () => {
    user = await newUser(server.url, { env: { MAYFLY_KEY: key } });
    await createClient({ url: server.url, key }).buckets.create(bucket);
  });

  test('resumes after lost connections, and replaces a file only when it is complete', async () => {
    const content = randomBytes(20 * 1024 * 1024);
    writeFileSync(user.path('content.bin'), content);
    await user.output(['cp', 'content.bin', `${bucket}:content.bin`]);
    writeFileSync(user.path('target.bin'), 'what was there');
    const proxy = await startProxy({ target: server.port });
    try {
      proxy.breakAfter(3 * 1024 * 1024, 4 * 1024 * 1024);
      await user.output(['cp', `${bucket}:content.bin`, 'target.bin', '--url', proxy.url]);
    } finally {
      proxy.stop();
    }
    expect(same(readFileSync(user.path('target.bin')), content)).toBe(true);
  });

  test('has the SHA-256 that the object was put with, or leaves the old file', async () => {
    writeFileSync(user.path('small.txt'), 'small');
    await user.output(['cp', 'small.txt', `${bucket}:small.txt`]);
    const { sha256 } = await createClient({ url: server.url, key }).objects.info(bucket, 'small.txt');
    expect(sha256).toBe(createHash('sha256').update('small').digest('base64'));
    await user.output(['cp', `${bucket}:small.txt`, 'small-back.txt']);
    expect(readFileSync(user.path('small-back.txt'), 'utf8')).toBe('small');
  });

  test('of an empty object is an empty file, and of a missing one exits with 3 and leaves no file', async () => {
    writeFileSync(user.path('empty'), '');
    await user.output(['cp', 'empty', `${bucket}:empty`]);
    await user.output(['cp', `${bucket}:empty`, 'empty-back']);
    expect(readFileSync(user.path('empty-back')).length).toBe(0);
    expect((await user.call(['cp', `${bucket}:missing`, 'missing'])).code).toBe(3);
    expect(existsSync(user.path('missing'))).toBe(false);
    expect(existsSync(user.path('missing.part'))).toBe(false);
  });
});

test('a missing bucket exits with 3, and the message says how to create one', async () => {
  const user = await newUser(server.url, { env: { MAYFLY_KEY: key } });
  for (const args of [
    ['cp', '-', 'missing:a.txt'],
    ['cp', 'missing:a.txt', '-'],
    ['ls', 'missing:'],
  ]) {
    const { code, stderr } = await user.call(args, { input: 'content' });
    expect([args, code, stderr]).toEqual([
      args,
      3,
      expect.stringMatching(/^mayfly: .*there is no such bucket; POST \/v1\/buckets with .* creates one\n$/),
    ]);
  }
});
