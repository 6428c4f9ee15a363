import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { localPath } from '../../src/cli/use/copy/copy-down.ts';
import { createClient } from '../../src/client/index.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type OtherServer, startOtherServer } from './other-server.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

/** A server with objects under any keys, even those that Mayfly refuses. The content of each is its key. */
function bucketOf(keys: string[], sizes: Record<string, number> = {}): OtherServer {
  const contentOf = (key: string) => (key.endsWith('/') ? 'x'.repeat(sizes[key] ?? 0) : key);
  return startOtherServer(({ method, url, headers }) => {
    const { pathname, searchParams } = new URL(url);
    const encoded = pathname.split('/objects/')[1];
    if (encoded === undefined) {
      const prefix = searchParams.get('prefix') ?? '';
      const data = keys
        .filter((key) => key.startsWith(prefix))
        .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
        .map((key) => ({ key, size: Buffer.byteLength(contentOf(key)) }));
      return Response.json({ data, nextCursor: null });
    }
    const content = Buffer.from(contentOf(decodeURIComponent(encoded)));
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '') ?? [];
    const about = { etag: '"1"', 'content-type': 'text/plain' };
    if (method === 'HEAD' || start === undefined)
      return new Response(method === 'HEAD' ? null : content, {
        headers: { ...about, 'content-length': String(content.length) },
      });
    return new Response(content.subarray(Number(start), Number(end) + 1), { status: 206, headers: about });
  });
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();

describe('a copy of a bucket into a folder', () => {
  const copied = async (keys: string[], source = 'bucket:', sizes?: Record<string, number>) => {
    const server = bucketOf(keys, sizes);
    const user = await newUser(server.url, { env: { MAYFLY_KEY: 'sk_live_any' } });
    try {
      const answer = await user.call(['cp', '-r', source, 'd/']);
      return { ...answer, folder: user.path('d') };
    } finally {
      await server.stop();
    }
  };

  test('creates folders for empty objects whose keys end in a slash', async () => {
    const { code, stderr, folder } = await copied(['m/', 'm/a.txt', 'e/', 'deep/er/', 'deep/er/b']);
    expect([code, stderr]).toEqual([0, '']);
    expect(filesIn(folder)).toEqual(['deep/er/b', 'm/a.txt']);
    expect(statSync(join(folder, 'e')).isDirectory()).toBe(true);
  });

  test('takes such an object under the prefix itself for the target folder', async () => {
    const { code, folder } = await copied(['m/', 'm/a.txt', 'n/b'], 'bucket:m/');
    expect(code).toBe(0);
    expect(filesIn(folder)).toEqual(['a.txt']);
  });

  const impossible = {
    'leads out': ['../out', 'a/../../out', '..', 'x/..', '/etc/out'],
    'names a place twice': ['.', './b', 'x/./b', 'x//b', '//', 'n//'],
    'has control characters': ['esc\x1b[31m', 'nul\0', 'line\nend', 'c1\x9b31m.txt', 'del\x7f', 'bell\x07/b'],
    'is too long': ['x'.repeat(300), `${'y'.repeat(300)}/b`],
    'needs a file for a folder': ['a/b', 'a/c/'],
    'is a folder with content': ['full/'],
  };

  test.each(Object.entries(impossible))(
    'continues after a key that %s, and reports it',
    async (_why, keys) => {
      const others = ['a', 'm/1', 'm/2', 'zz'];
      const { code, stderr, folder } = await copied([...others, ...keys], 'bucket:', { 'full/': 5 });
      expect(code).toBe(1);
      expect(filesIn(folder)).toEqual(others);
      for (const key of others) expect(readFileSync(join(folder, key), 'utf8')).toBe(key);
      expect(stderr.trimEnd().split('\n')).toHaveLength(keys.length);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not reach a terminal
      expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
      expect(existsSync(join(folder, '../out'))).toBe(false);
    },
  );

  test('leaves no file if a folder has its name', async () => {
    const server = bucketOf(['a', 'b']);
    const user = await newUser(server.url, { env: { MAYFLY_KEY: 'sk_live_any' } });
    mkdirSync(user.path('d/a/inner'), { recursive: true });
    const { code } = await user.call(['cp', '-r', 'bucket:', 'd/']);
    await server.stop();
    expect(code).toBe(1);
    expect(readdirSync(user.path('d')).toSorted()).toEqual(['a', 'b']);
  });

  test('puts every key into the folder, and no two keys into one file', () => {
    const anyKey = fc.string({
      unit: fc.oneof(
        fc.constantFrom('/', '.', '..', '\\', '\0', '\x9b', ' ', 'é', 'e\u0301'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: 12,
    });
    const placeOf = (key: string) => {
      try {
        return localPath('/d', key);
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(anyKey, anyKey, (one, other) => {
        const place = placeOf(one);
        if (place === undefined) return;
        expect(place).toBe(`/d/${one}`);
        if (one !== other) expect(placeOf(other)).not.toBe(place);
      }),
    );
  });
});

describe('a copy of a folder into a bucket', () => {
  let server: MayflyProcess;
  let user: User;
  let key: string;
  beforeAll(async () => {
    server = await startMayfly({ clockless: true });
    key = await mayflyOutput(server.dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'a']);
    user = await newUser(server.url, { env: { MAYFLY_KEY: key } });
    await createClient({ url: server.url, key }).buckets.create('copies');
  });
  afterAll(() => server.stop());

  const keysOf = async (prefix: string) =>
    (await createClient({ url: server.url, key }).objects.list('copies', { prefix })).data.map(
      (one) => one.key,
    );

  test('continues after a file that cannot be an object, and reports all of them', async () => {
    mkdirSync(user.path('tree/sub'), { recursive: true });
    const names = Array.from({ length: 12 }, (_, number) => `file-${number}`);
    for (const name of [...names, 'b\x1b[31m', 'c\u0085', 'sub/d\x07'])
      writeFileSync(user.path(`tree/${name}`), 'x');
    symlinkSync('..', user.path('tree/up'));
    const { code, stderr } = await user.call(['cp', '-r', 'tree', 'copies:t/']);
    expect(code).not.toBe(0);
    expect((await keysOf('t/')).filter((each) => each.startsWith('t/file-'))).toHaveLength(names.length);
    for (const name of ['tree/b\ufffd[31m', 'tree/sub/d\ufffd', 'tree/up']) expect(stderr).toContain(name);
  });

  test('of several sources continues with the others after a failure', async () => {
    writeFileSync(user.path('one'), '1');
    writeFileSync(user.path('two'), '2');
    const { code, stderr } = await user.call(['cp', 'one', 'missing', 'two', 'copies:s/']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^mayfly: missing: no such file or folder\n$/)]);
    expect(await keysOf('s/')).toEqual(['s/one', 's/two']);
  });

  test('stops at once if the others would fail too', async () => {
    const { code, stderr } = await user.call(['cp', 'one', 'two', 'no-such-bucket:s/']);
    expect(code).toBe(3);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(
      (await user.call(['cp', '-r', 'tree', 'copies:'], { env: { MAYFLY_KEY: 'sk_live_wrong' } })).code,
    ).toBe(4);
  });

  test('detects the type by name and bytes', async () => {
    const folder = temporaryDirectory('types');
    writeFileSync(join(folder, 'a.ts'), 'let x: number = 1;\n');
    writeFileSync(join(folder, 'b.rs'), 'fn main() {}\n');
    writeFileSync(join(folder, 'c.ts'), Uint8Array.of(0x47, 0x40, 0, 0xff));
    writeFileSync(join(folder, 'd.txt'), Buffer.from('l\xe4tin', 'latin1'));
    await user.output(['cp', '-r', folder, 'copies:types/']);
    const { objects } = createClient({ url: server.url, key });
    const types = await Promise.all(
      ['a.ts', 'b.rs', 'c.ts', 'd.txt'].map(
        async (name) => (await objects.info('copies', `types/${name}`)).mediaType,
      ),
    );
    expect(types).toEqual([
      'text/x-typescript; charset=utf-8',
      'text/x-rust; charset=utf-8',
      'video/mp2t',
      'text/plain',
    ]);
    await user.output(['cp', '-', 'copies:types/piped.ts'], { input: 'let y = 2;\n' });
    expect((await objects.info('copies', 'types/piped.ts')).mediaType).toStartWith('text/x-typescript');
  });
});
