import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { mayflyCommand, mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { freePort } from '../support/ports.ts';
import { receiverCertificate, receiverKey } from '../support/receiver-certificate.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly({ clockless: true, env: { MAX_ANONYMOUS_SIZE: '1MiB' } });
});
afterAll(() => server.stop());

/** Uploads bytes without encryption. Resolves to their link. */
async function upload(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const headers = { 'content-type': 'application/vnd.mayfly.sealed' };
  return (await (await fetch(server.url, { method: 'PUT', body: bytes, headers })).text()).trim();
}

for (const runtime of ['bun', 'deno', 'node'] as Runtime[])
  describe.concurrent(`exit codes, on ${runtime}`, () => {
    let user: User;
    beforeAll(async () => {
      user = await newUser(server.url, { runtime });
      writeFileSync(user.path('a.txt'), 'content');
    });

    /** Each failure is one line, and stdout stays empty. */
    const fails = async (args: string[], env: Record<string, string> = {}) => {
      const { code, stdout, stderr } = await user.call(args, { env, input: '' });
      expect([args, stdout, stderr.trimEnd().split('\n')]).toEqual([
        args,
        '',
        [expect.stringMatching(/^mayfly: \S/)],
      ]);
      return code;
    };

    test('0: success, and --help', async () => {
      expect((await user.call(['put', 'a.txt'])).code).toBe(0);
      const { code, stdout, stderr } = await user.call(['put', '--help']);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Examples:\n  mayfly put notes.txt');
    });

    // The program decides these, whatever the runtime is.
    if (runtime === 'bun') {
      test('1: other failures, such as a missing file', async () => {
        expect(await fails(['put', 'missing.txt'])).toBe(1);
        expect(await fails(['cp', 'missing.txt', 'some-bucket:'])).toBe(1);
      });

      test('2: an invalid call', async () => {
        expect(await fails(['putt'])).toBe(2);
        expect(await fails(['put', 'a.txt', '--unknown'])).toBe(2);
        expect(await fails(['put', 'a.txt', '--reads', 'none'])).toBe(2);
        expect(await fails(['put', 'a.txt', '--ttl', 'long'])).toBe(2);
        expect(await fails(['get', 'nothing-known'])).toBe(2);
        expect(await fails(['put', 'a.txt', '--url', 'nonsense'])).toBe(2);
        expect(await fails(['cp', 'a.txt', 'b.txt'])).toBe(2);
        expect(await fails(['get'])).toBe(2);
      });

      test('3: not found', async () => {
        expect(await fails(['get', '0'.repeat(32)])).toBe(3);
        expect(await fails(['rm', '0'.repeat(32)])).toBe(3);
      });
    }

    test('4: refused: a missing or wrong key, an incomplete link or the wrong one', async () => {
      expect(await fails(['ls', 'some-bucket'])).toBe(4);
      expect(await fails(['ls', 'some-bucket'], { MAYFLY_KEY: 'sk_live_wrong' })).toBe(4);
      const url = await user.output(['put', 'a.txt', '--encrypt']);
      expect(await fails(['get', url.replace(/#.*/, '')])).toBe(4);
      expect(await fails(['get', url.slice(0, -5)])).toBe(4);
      const other = await user.output(['put', 'a.txt', '--encrypt']);
      expect(await fails(['get', url.replace(/#.*/, other.replace(/.*#/, '#'))])).toBe(4);
    });

    test('5: too large', async () => {
      writeFileSync(user.path('large.bin'), new Uint8Array(2 * 1024 * 1024));
      expect(await fails(['put', 'large.bin'])).toBe(5);
      writeFileSync(user.path('larger.bin'), new Uint8Array(20 * 1024 * 1024));
      expect(await fails(['put', 'larger.bin'])).toBe(5);
    });

    test('6: a server that is unavailable or not trusted, with the reason', async () => {
      const tls = { cert: receiverCertificate, key: receiverKey };
      const untrusted = Bun.serve({ port: 0, hostname: '127.0.0.1', tls, fetch: () => new Response() });
      try {
        for (const [url, reason] of [
          [`http://127.0.0.1:${await freePort()}`, 'no server listens'],
          ['http://nowhere.invalid', 'the host name was not found'],
          [`https://127.0.0.1:${untrusted.port}`, 'certificate is not trusted'],
          [server.url.replace('http:', 'https:'), 'does not speak HTTPS'],
        ] as const) {
          const { code, stdout, stderr } = await user.call(['get', '0'.repeat(32), '--url', url]);
          expect([code, stdout, stderr]).toEqual([6, '', expect.stringContaining(reason)]);
          expect(stderr.trimEnd().split('\n')).toHaveLength(1);
        }
      } finally {
        await untrusted.stop(true);
      }
    });

    test('7: damaged content: altered, truncated, or not sealed by Mayfly', async () => {
      writeFileSync(user.path('text.txt'), 'sealed text '.repeat(10_000));
      const url = await user.output(['put', 'text.txt', '--encrypt']);
      const [, secret = ''] = url.split('#');
      const sealed = await (await fetch(url.replace('/p/', '/raw/').replace(/#.*/, ''))).bytes();
      const altered = sealed.slice();
      altered[altered.length - 100] = (altered.at(-100) ?? 0) ^ 1;
      const truncated = sealed.slice(0, 60 + 65_536 + 16);
      for (const [bytes, reason] of [
        [altered, 'altered'],
        [truncated, 'is truncated'],
        [new TextEncoder().encode('no such file'), 'not a sealed file'],
      ] as const) {
        const link = `${await upload(bytes)}#${secret}`;
        const { code, stderr } = await user.call(['get', link, '-o', 'text.out']);
        expect([reason, code, stderr]).toEqual([reason, 7, expect.stringContaining(reason)]);
        expect(await Bun.file(user.path('text.out')).exists()).toBe(false);
      }
    });
  });

describe('the checksum that a server sends', () => {
  test('is verified: a different SHA-256 means damage, and leaves no file', async () => {
    const content = 'not what was promised';
    const lying = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ method }) =>
        new Response(method === 'HEAD' ? null : content, {
          headers: {
            'content-type': 'text/plain',
            'content-length': String(content.length),
            'repr-digest': `sha-256=:${Buffer.alloc(32, 1).toString('base64')}:`,
          },
        }),
    });
    try {
      const user = await newUser(`http://127.0.0.1:${lying.port}`);
      const id = '0'.repeat(32);
      for (const args of [
        ['get', id],
        ['get', id, '-o', 'out.txt'],
      ]) {
        const { code, stderr } = await user.call(args);
        expect([code, stderr]).toEqual([7, expect.stringContaining('SHA-256')]);
      }
      expect(await Bun.file(user.path('out.txt')).exists()).toBe(false);
      expect(await Bun.file(user.path('out.txt.part')).exists()).toBe(false);
    } finally {
      await lying.stop(true);
    }
  });
});

test('the program itself explains the exit codes', async () => {
  const user = await newUser(server.url);
  const { stdout } = await user.call(['help', 'exit-codes']);
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 78, 130])
    expect(stdout).toMatch(new RegExp(`^ +${code}  \\S`, 'm'));
});

test('a failing operator command reports it like every other command', async () => {
  await expect(mayflyOutput(server.dataDir, ['keys', 'revoke', 'unknown'])).rejects.toThrow('ended with 1');
});

test('78: an invalid setting of the server', async () => {
  for (const command of ['serve', 'sweep'])
    expect(await mayflyCommand(server.dataDir, [command], { PORT: 'eighty' })).toMatchObject({
      code: 78,
      stderr: 'mayfly: PORT must be a port from 0 to 65535, but is "eighty"\n',
    });
});

test('1: a secret whose file cannot be read now', async () => {
  const unreadable = { SECRET_FILE: '/missing/secret' };
  expect(await mayflyCommand(server.dataDir, ['sweep'], unreadable)).toMatchObject({
    code: 1,
    stderr: 'mayfly: SECRET_FILE names "/missing/secret", which cannot be read (ENOENT)\n',
  });
});
