import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { newUser } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
});
afterAll(() => server.stop());

/** The arguments and the input of a fake clipboard program. */
const program = (home: string) => `#!/bin/sh\necho "$0 $*" > ${home}/called\ncat > ${home}/copied\n`;

for (const runtime of ['bun', 'deno'] as Runtime[])
  for (const [session, name, env] of [
    ['X11', 'xsel', { DISPLAY: ':99' }],
    ['Wayland', 'wl-copy', { WAYLAND_DISPLAY: 'wayland-99', XDG_SESSION_TYPE: 'wayland' }],
  ] as const)
    test.concurrent(`--copy writes the links to the clipboard of ${session}, and they are not in process lists, on ${runtime}`, async () => {
      const user = await newUser(server.url, { runtime });
      mkdirSync(user.path('bin'));
      writeFileSync(user.path(`bin/${name}`), program(user.folder));
      chmodSync(user.path(`bin/${name}`), 0o755);
      const PATH = `${user.path('bin')}${delimiter}${process.env.PATH}`;
      for (const each of ['a.txt', 'b.txt']) writeFileSync(user.path(each), each);
      const { code, stdout, stderr } = await user.call(['put', 'a.txt', 'b.txt', '--encrypt', '--copy'], {
        env: { ...env, PATH },
      });
      expect([code, stderr]).toEqual([0, 'mayfly: copied to the clipboard\n']);
      expect(readFileSync(user.path('copied'), 'utf8')).toBe(stdout.trimEnd());
      expect(readFileSync(user.path('called'), 'utf8')).not.toContain('#');
    });
