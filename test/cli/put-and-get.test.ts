import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
});
afterAll(() => server.stop());

const link = /^http:\/\/127\.0\.0\.1:\d+\/p\/[0-9a-f]{32}$/;
const sealedLink = /^http:\/\/127\.0\.0\.1:\d+\/p\/[0-9a-f]{32}#[\w-]{43}$/;
const rawOf = (url: string) => url.replace('/p/', '/raw/').replace(/#.*/, '');

for (const runtime of ['bun', 'deno', 'node'] as Runtime[])
  describe.concurrent(`put and get through pipes, on ${runtime}`, () => {
    let user: User;
    beforeAll(async () => {
      user = await newUser(server.url, { runtime });
    });

    test('several files give a link each, in order, and no other output', async () => {
      writeFileSync(user.path('one.txt'), 'one');
      writeFileSync(user.path('two.json'), '{"two":2}');
      const { code, stdout, stderr } = await user.call(['put', 'one.txt', 'two.json']);
      expect([code, stderr]).toEqual([0, '']);
      const [one = '', two = '', ...rest] = stdout.split('\n');
      expect(rest).toEqual(['']);
      expect([one, two]).toEqual([expect.stringMatching(link), expect.stringMatching(link)]);
      const answer = await fetch(rawOf(two));
      expect(answer.headers.get('content-type')).toStartWith('application/json');
      expect(answer.headers.get('content-disposition')).toContain('two.json');
      expect(await user.output(['get', one])).toBe('one');
      expect(await user.output(['get', two.slice(-32)])).toBe('{"two":2}');
    });

    test('a pipe is streamed, without a name', async () => {
      const url = await user.output(['put', '-'], { input: 'from a pipe' });
      expect(await user.output(['get', url])).toBe('from a pipe');
      expect(await user.output(['put'], { input: 'without a dash' })).toMatch(link);
    });

    test('binary content is unchanged, in a file and through a pipe', async () => {
      const bytes = randomBytes(3_000_000);
      writeFileSync(user.path('random.bin'), bytes);
      const url = await user.output(['put', 'random.bin']);
      expect(Buffer.compare((await user.call(['get', url])).bytes, bytes)).toBe(0);
      await user.output(['get', url, '-o', 'copy.bin']);
      expect(Buffer.compare(readFileSync(user.path('copy.bin')), bytes)).toBe(0);
      expect(readdirSync(user.folder).filter((name) => name.includes('.part'))).toEqual([]);
    });

    test('a file of 20 MiB is uploaded in parts, also if it is encrypted', async () => {
      const bytes = randomBytes(20 * 1024 * 1024);
      writeFileSync(user.path('large.bin'), bytes);
      for (const options of [[], ['--encrypt']]) {
        const url = await user.output(['put', 'large.bin', ...options]);
        const { code, bytes: back } = await user.call(['get', url]);
        expect([options, code, Buffer.compare(back, bytes)]).toEqual([options, 0, 0]);
      }
    });

    test('--encrypt shows the server only the size, and the link has the key', async () => {
      writeFileSync(user.path('geheim – ü.txt'), 'the secret text');
      const url = await user.output(['put', 'geheim – ü.txt', '--encrypt']);
      expect(url).toMatch(sealedLink);
      const answer = await fetch(rawOf(url));
      expect(answer.headers.get('content-type')).toBe('application/vnd.mayfly.sealed');
      expect(answer.headers.get('content-disposition') ?? '').not.toContain('geheim');
      const sealed = Buffer.from(await answer.arrayBuffer());
      expect(sealed.subarray(0, 6).toString()).toBe('MAYFLY');
      expect(sealed.includes('secret text')).toBe(false);
      expect(await user.output(['get', url])).toBe('the secret text');
      mkdirSync(user.path('own'), { recursive: true });
      await user.output(['get', url, '-o', 'own/']);
      expect(readdirSync(user.path('own'))).toEqual(['geheim – ü.txt']);
      expect(readFileSync(user.path('own/geheim – ü.txt'), 'utf8')).toBe('the secret text');
    });

    test('a password is needed in addition to the link', async () => {
      const put = ['put', '-', '--password', 'correct horse'];
      const url = await user.output(put, { input: 'twice locked' });
      expect(url).toMatch(sealedLink);
      expect(await user.output(['get', url, '--password', 'correct horse'])).toBe('twice locked');
      for (const [args, reason] of [
        [['get', url, '--password', 'wrong'], 'password is wrong'],
        [['get', url], 'a password is needed'],
      ] as const) {
        const { code, stdout, stderr } = await user.call([...args]);
        expect([code, stdout]).toEqual([4, '']);
        expect(stderr).toContain(reason);
      }
    });

    test('an encrypted payload that can be read once is opened, to stdout and into a file', async () => {
      const put = ['put', '-', '--reads', '1', '--encrypt', '--name', 'once.txt'];
      expect(await user.output(['get', await user.output(put, { input: 'once' })])).toBe('once');
      const url = await user.output(put, { input: 'once more' });
      await user.output(['get', url, '-o', 'once.txt']);
      expect(readFileSync(user.path('once.txt'), 'utf8')).toBe('once more');
      expect((await user.call(['get', url])).code).toBe(3);
    });
  });

describe.concurrent('put', () => {
  let user: User;
  beforeAll(async () => {
    user = await newUser(server.url);
    writeFileSync(user.path('a.txt'), 'content');
  });

  test('--json prints one line with all fields', async () => {
    const lines = await user.output(['put', 'a.txt', 'a.txt', '--json', '--ttl', '10m', '--reads', '2']);
    for (const line of lines.split('\n')) {
      const printed = JSON.parse(line);
      expect(printed).toEqual({
        url: expect.stringMatching(link),
        id: printed.url.slice(-32),
        expiry_time: expect.any(String),
        delete_token: expect.any(String),
        size: 7,
        name: 'a.txt',
        max_reads: 2,
        encrypted: false,
      });
      const left = Date.parse(printed.expiry_time) - Date.now();
      expect(left).toBeGreaterThan(9 * 60_000);
      expect(left).toBeLessThanOrEqual(10 * 60_000);
    }
    expect(lines.split('\n')).toHaveLength(2);
  });

  test('--reads 1 deletes the payload after one read', async () => {
    const url = await user.output(['put', 'a.txt', '--reads', '1']);
    expect(await user.output(['get', url])).toBe('content');
    expect((await user.call(['get', url])).code).toBe(3);
  });

  test('--qr and --copy print to stderr, and without a clipboard the link is still printed', async () => {
    const { code, stdout, stderr } = await user.call(['put', 'a.txt', '--qr', '--copy']);
    expect(code).toBe(0);
    expect(stdout.trim()).toMatch(link);
    expect(stderr).toContain('█▀▀▀▀▀▀▀█');
    expect(stderr).toContain('no clipboard');
  });

  test('the server returns --type and --name', async () => {
    const url = await user.output(['put', 'a.txt', '--type', 'text/csv', '--name', 'table.csv']);
    const { headers } = await fetch(rawOf(url));
    expect(headers.get('content-type')).toStartWith('text/csv');
    expect(headers.get('content-disposition')).toContain('table.csv');
  });

  test('refuses a folder and a missing file before it sends anything', async () => {
    const own = await newUser(server.url);
    writeFileSync(own.path('a.txt'), 'content');
    mkdirSync(own.path('folder'));
    const folder = await own.call(['put', 'a.txt', 'folder']);
    expect([folder.code, folder.stdout]).toEqual([2, '']);
    expect(folder.stderr).toMatch(/^mayfly: folder is a folder; .* tar .*\n$/);
    const missing = await own.call(['put', 'a.txt', 'missing.txt']);
    expect([missing.code, missing.stdout]).toEqual([1, '']);
    expect(missing.stderr).toBe('mayfly: missing.txt: no such file or folder\n');
    expect(await own.output(['ls'])).toBe('');
  });

  test('does not take a file name for the password', async () => {
    const { code, stderr } = await user.call(['put', '--password', 'a.txt'], { input: 'x' });
    expect(code).toBe(2);
    expect(stderr).toContain('mayfly put a.txt --password');
  });

  test('saves the state of what was put until it is removed, unreadable to others', async () => {
    const own = await newUser(server.url);
    const urls = await Promise.all(['1', '2', '3', '4'].map((input) => own.output(['put'], { input })));
    const state = own.path('.local/state/mayfly/pastes.json');
    expect(statSync(state).mode & 0o777).toBe(0o600);
    const listed = await own.output(['ls']);
    for (const url of urls) expect(listed).toContain(url);
    const [first = '', second = ''] = urls;
    await own.output(['rm', first, second.slice(-32)]);
    expect((await fetch(rawOf(first))).status).toBe(404);
    expect((await fetch(rawOf(second))).status).toBe(404);
    const left = await own.output(['ls', '--json']);
    expect(left.split('\n').map((line) => JSON.parse(line).url)).toEqual(
      expect.arrayContaining(urls.slice(2)),
    );
    expect(left).not.toContain(first);
  });

  test('without the saved state, only the delete token removes it', async () => {
    const printed = JSON.parse(await user.output(['put', 'a.txt', '--json']));
    const otherUser = await newUser(server.url);
    const refused = await otherUser.call(['rm', printed.url]);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('--token')]);
    await otherUser.output(['rm', printed.url, '--token', printed.delete_token]);
    expect((await otherUser.call(['rm', printed.url, '--token', printed.delete_token])).code).toBe(3);
  });
});

describe.concurrent('get', () => {
  let user: User;
  beforeAll(async () => {
    user = await newUser(server.url);
  });

  test('ignores the path in an untrusted name, and replaces no file by it', async () => {
    const { sealed, secret } = await sealedUnder('../../.bashrc');
    const put = await fetch(server.url, {
      method: 'PUT',
      body: sealed,
      headers: { 'content-type': 'application/vnd.mayfly.sealed' },
    });
    const url = `${(await put.text()).trim()}#${secret}`;
    mkdirSync(user.path('in/here'), { recursive: true });
    await user.output(['get', url, '-o', 'in/here']);
    expect(readdirSync(user.path('in/here'))).toEqual(['bashrc']);
    const again = await user.call(['get', url, '-o', 'in/here']);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('exists already')]);
  });

  test('prints nothing when the reader closes the pipe', async () => {
    writeFileSync(user.path('long.txt'), 'line\n'.repeat(1_000_000));
    const url = await user.output(['put', 'long.txt']);
    const shell = Bun.spawn(
      [
        'bash',
        '-c',
        `"$@" | head -n 1; exit "\${PIPESTATUS[0]}"`,
        'bash',
        process.execPath,
        '--no-env-file',
        'src/main.ts',
        'get',
        url,
      ],
      { stdout: 'pipe', stderr: 'pipe' },
    );
    expect(await new Response(shell.stdout).text()).toBe('line\n');
    expect(await new Response(shell.stderr).text()).toBe('');
    expect(await shell.exited).toBe(1);
  });
});

test('an interrupted put leaves nothing behind on the server', async () => {
  const own = await startMayfly({ clockless: true, env: { UPLOAD_LEASE: '2s' } });
  try {
    const user = await newUser(own.url);
    writeFileSync(user.path('large.bin'), '');
    truncateSync(user.path('large.bin'), 512 * 1024 * 1024);
    const { code, stdout, stderr } = await user.call(['put', 'large.bin'], {
      interruptWhen: () => filesBelow(`${own.dataDir}/blobs`).length > 1,
    });
    expect([code, stdout, stderr]).toEqual([130, '', 'mayfly: interrupted\n']);
    expect(await user.output(['ls'])).toBe('');
    await waitFor('the sweep to leave nothing', async () => {
      await mayflyOutput(own.dataDir, ['sweep']);
      return filesBelow(`${own.dataDir}/blobs`).length === 0;
    });
    expect(JSON.parse(await mayflyOutput(own.dataDir, ['check']))).toMatchObject({
      orphans: [],
      missing: [],
    });
  } finally {
    await own.stop();
  }
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

async function sealedUnder(name: string): Promise<{ sealed: Uint8Array<ArrayBuffer>; secret: string }> {
  const { seal } = await import('../../src/encryption/index.ts');
  const { stream, secret } = await seal(new Blob(['content']), { name, type: 'text/plain' });
  return { sealed: await new Response(stream).bytes(), secret };
}
