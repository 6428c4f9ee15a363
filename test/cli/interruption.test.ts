import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { closeSync, existsSync, openSync, readdirSync, statSync } from 'node:fs';
import type { Runtime } from '../support/mayfly-process.ts';
import { contentAnswer, endless, type OtherServer, startOtherServer } from './other-server.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

const id = '0'.repeat(32);
const controlC = '\u0003';

/** Its content never ends. */
let server: OtherServer;
let counted = false;
/** How often the client read from the server. */
let given = 0;
beforeAll(() => {
  server = startOtherServer((request) =>
    contentAnswer(
      request,
      endless(() => (given += 1)),
      {
        ...(request.method === 'HEAD' && { 'content-length': '1000000000' }),
        ...(counted ? { 'cache-control': 'no-store' } : { etag: '"same"' }),
      },
    ),
  );
});
afterAll(() => server.stop());

for (const runtime of ['bun', 'deno'] as Runtime[])
  describe(`Ctrl-C, on ${runtime}`, () => {
    let user: User;
    beforeAll(async () => {
      user = await newUser(server.url, { runtime });
    });
    const sizeOf = (name: string) => statSync(user.path(name), { throwIfNoEntry: false })?.size ?? 0;

    test('stops a download to a file, and leaves nothing under its name', async () => {
      const { code, stderr } = await user.call(['get', id, '-o', 'out'], {
        interruptWhen: () => sizeOf('out.part') > 0,
      });
      expect([code, stderr]).toEqual([130, 'mayfly: interrupted\n']);
      expect(
        readdirSync(user.folder)
          .filter((name) => name.startsWith('out'))
          .sort(),
      ).toEqual(['out.part', 'out.part.etag']);
    });

    test('stops a download that can be read once, and leaves no file at all', async () => {
      counted = true;
      const { code } = await user.call(['get', id, '-o', 'once'], {
        interruptWhen: () => sizeOf('once.part') > 0,
      });
      counted = false;
      expect(code).toBe(130);
      expect(readdirSync(user.folder).filter((name) => name.startsWith('once'))).toEqual([]);
    });

    test('stops waiting for the first byte to encrypt', async () => {
      const call = await user.atTerminal(['put', '--encrypt']);
      await call.waitFor('Ctrl-D ends it');
      call.type(controlC);
      expect(await call.exited).toBe(130);
      expect(call.shown()).toContain('mayfly: interrupted');
      expect(existsSync(user.path('.local'))).toBe(false);
    });
  });

for (const runtime of ['bun', 'deno'] as Runtime[])
  test(`Ctrl-C stops a command whose output is not read, on ${runtime}`, async () => {
    const user = await newUser(server.url, { runtime });
    Bun.spawnSync(['mkfifo', user.path('pipe')]);
    const pipe = openSync(user.path('pipe'), 'r+');
    try {
      given = 0;
      let seen = 0;
      let quietSince = performance.now();
      const { code, stderr } = await user.call(['get', id], {
        stdout: pipe,
        interruptWhen: () => {
          // The only sign of a full pipe is that the client stops reading.
          if (seen !== given) quietSince = performance.now();
          seen = given;
          return seen > 0 && performance.now() - quietSince > 500;
        },
      });
      expect([code, stderr]).toEqual([130, 'mayfly: interrupted\n']);
    } finally {
      closeSync(pipe);
    }
  });
