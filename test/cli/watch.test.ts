import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createClient } from '../../src/client/index.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { newUser } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
let key: string;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
  key = await mayflyOutput(server.dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'acme']);
  await createClient({ url: server.url, key }).buckets.create('watched');
});
afterAll(() => server.stop());

const links = /http:\/\/\S+\/p\/[0-9a-f]{32}/g;

for (const runtime of ['bun', 'deno'] as Runtime[])
  describe.concurrent(`watch, on ${runtime}`, () => {
    test('uploads new and changed files once they are complete, and ends with Ctrl-C', async () => {
      const user = await newUser(server.url, { runtime });
      mkdirSync(user.path('in/sub'), { recursive: true });
      writeFileSync(user.path('in/old.txt'), 'was there before');
      const call = await user.atTerminal(['watch', 'in', '--ttl', '10m']);
      await call.waitFor('watching in');
      writeFileSync(user.path('in/new.txt'), 'first half, ');
      // No delay in between: after a second the file would count as complete.
      Bun.sleepSync(300);
      appendFileSync(user.path('in/new.txt'), 'second half');
      for (const name of ['.hidden', 'b.part', 'b.part.etag', 'b.part.mayfly-1', 'c.opening'])
        writeFileSync(user.path(`in/${name}`), 'not for anybody');
      await call.waitFor(/\/p\/[0-9a-f]{32}/);
      writeFileSync(user.path('in/sub/deep.txt'), 'deep');
      await call.waitFor(/\/p\/[0-9a-f]{32}[\s\S]*\/p\/[0-9a-f]{32}/);
      call.type('\u0003');
      expect(await call.exited).toBe(0);
      const [first = '', second = '', ...more] = call.shown().match(links) ?? [];
      expect(more).toEqual([]);
      expect(await user.output(['get', first])).toBe('first half, second half');
      expect(await user.output(['get', second])).toBe('deep');
    });
  });

test.concurrent('watch --to uploads objects, and a failure of one file stops nothing', async () => {
  const user = await newUser(server.url, { env: { MAYFLY_KEY: key } });
  mkdirSync(user.path('in'));
  const call = await user.atTerminal(['watch', 'in', '--to', 'watched:latest/']);
  await call.waitFor('watching in');
  // Keys must not contain control characters.
  writeFileSync(user.path('in/bad\u0001.html'), 'refused');
  await call.waitFor(/mayfly: .*bad\uFFFD\.html: /);
  writeFileSync(user.path('in/page.html'), '<p>one</p>');
  await call.waitFor('watched:latest/page.html');
  writeFileSync(user.path('in/page.html'), '<p>two, and longer</p>');
  await call.waitFor(/watched:latest\/page\.html[\s\S]*watched:latest\/page\.html/);
  call.type('\u0003');
  expect(await call.exited).toBe(0);
  expect(await user.output(['cp', 'watched:latest/page.html', '-'])).toBe('<p>two, and longer</p>');
});

describe.concurrent('watch continues or ends', () => {
  test('continues with a pipe in the folder, a link to a file, and a file that is removed at once', async () => {
    const user = await newUser(server.url);
    mkdirSync(user.path('in'));
    writeFileSync(user.path('elsewhere.txt'), 'linked');
    const call = await user.atTerminal(['watch', 'in']);
    await call.waitFor('watching in');
    Bun.spawnSync(['mkfifo', user.path('in/pipe')]);
    symlinkSync('../elsewhere.txt', user.path('in/link.txt'));
    writeFileSync(user.path('in/gone.txt'), 'gone');
    rmSync(user.path('in/gone.txt'));
    await call.waitFor(/link\.txt\r\n/);
    rmSync(user.path('in'), { recursive: true });
    expect(await call.exited).toBe(1);
    const [link = '', ...more] = call.shown().match(links) ?? [];
    expect(more).toEqual([]);
    expect(await user.output(['get', link])).toBe('linked');
    expect(call.shown()).toEndWith('mayfly: in was removed\r\n');
  });

  for (const [what, isCreatedAgain] of [
    ['removed while it is empty', false],
    ['created again', true],
  ] as const)
    test(`ends when the folder is ${what}`, async () => {
      const user = await newUser(server.url);
      mkdirSync(user.path('in'));
      const call = await user.atTerminal(['watch', 'in']);
      await call.waitFor('watching in');
      // The other one exists first, so that it is no folder that got the same number.
      if (isCreatedAgain) mkdirSync(user.path('next'));
      rmSync(user.path('in'), { recursive: true });
      if (isCreatedAgain) renameSync(user.path('next'), user.path('in'));
      expect(await call.exited).toBe(1);
      expect(call.shown()).toEndWith('mayfly: in was removed\r\n');
    });

  test('ends when its output is not read any more', async () => {
    const user = await newUser(server.url);
    mkdirSync(user.path('in'));
    // The reader of the links exits after the first.
    const call = await user.atTerminal(['watch', 'in'], { redirection: '> >(head -n 1 > first.txt)' });
    await call.waitFor('watching in');
    writeFileSync(user.path('in/1.txt'), '1');
    await waitFor('the first link', () => sizeOf(user.path('first.txt')) > 0, { timeoutMs: 40_000 });
    writeFileSync(user.path('in/2.txt'), '2');
    expect(await call.exited).toBe(1);
    expect(call.shown().trim().split('\n')).toHaveLength(1);
  });
});

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
