import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
});
afterAll(() => server.stop());

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const controlC = '\u0003';
const large = 60 * 1024 * 1024;

function linkIn(shown: string): string {
  return /http\S+\/p\/\S+/.exec(shown)?.[0] ?? 'no link';
}

/** The cursor is visible at the end. */
function expectCursor(shown: string): void {
  expect(shown.lastIndexOf(showCursor)).toBeGreaterThanOrEqual(shown.lastIndexOf(hideCursor));
}

for (const runtime of ['bun', 'deno'] as Runtime[])
  describe.concurrent(`at a terminal, on ${runtime}`, () => {
    let user: User;
    beforeAll(async () => {
      user = await newUser(server.url, { runtime });
      writeFileSync(user.path('large.bin'), '');
      truncateSync(user.path('large.bin'), large);
      writeFileSync(user.path('a.txt'), 'some text\n');
    });

    test('a progress bar is shown during an upload, and removed', async () => {
      const call = await user.atTerminal(['put', 'large.bin']);
      expect(await call.exited).toBe(0);
      const shown = call.shown();
      const percentages = [...shown.matchAll(/(\d+)% [^%]* of 60\.0 MiB/g)].map(([, percent]) =>
        Number(percent),
      );
      expect(percentages.length).toBeGreaterThan(1);
      expect(percentages).toEqual(percentages.toSorted((one, other) => one - other));
      expect(percentages.at(-1)).toBe(100);
      // The line of the bar is cleared, and then has only the link.
      expect(shown.split('\u001B[2K').at(-1)).toMatch(/^http:\S+\r\n$/);
      expectCursor(shown);
    });

    test('with stdout in a pipe the bar is shown, and the pipe gets only the link', async () => {
      const call = await user.atTerminal(['put', 'large.bin'], { redirection: '> link.txt' });
      expect(await call.exited).toBe(0);
      expect(call.shown()).toContain('of 60.0 MiB');
      expect(call.shown()).not.toContain('http:');
      expect(readFileSync(user.path('link.txt'), 'utf8')).toMatch(/^http:\S+\n$/);
    });

    test('Ctrl-C ends an upload with 130, and the cursor is back', async () => {
      // Large enough that the upload is still running when its start is seen.
      writeFileSync(user.path('larger.bin'), '');
      truncateSync(user.path('larger.bin'), 512 * 1024 * 1024);
      const call = await user.atTerminal(['put', 'larger.bin']);
      await call.waitFor('%');
      call.type(controlC);
      expect(await call.exited).toBe(130);
      expect(call.shown()).toContain('mayfly: interrupted');
      expect(call.shown()).not.toContain('http:');
      expectCursor(call.shown());
    });

    test('put asks for a password twice, hidden, and get asks until it is right', async () => {
      const put = await user.atTerminal(['put', 'a.txt', '--password']);
      await put.waitFor('Password');
      put.type('sesame\r');
      await put.waitFor('Repeat the password');
      put.type('sesame\r');
      expect(await put.exited).toBe(0);
      expect(put.shown()).not.toContain('sesame');
      const get = await user.atTerminal(['get', linkIn(put.shown())]);
      await get.waitFor('Password');
      get.type('wrong\r');
      await get.waitFor('Wrong password');
      get.type('sesame\r');
      expect(await get.exited).toBe(0);
      expect(get.shown()).toEndWith('some text\r\n');
      expectCursor(get.shown());
    });

    test('the terminal is asked for a password while stdin is a pipe', async () => {
      const call = await user.atTerminal(['put', '-', '--password'], { redirection: '< a.txt' });
      for (const question of ['Password', 'Repeat the password']) {
        await call.waitFor(question);
        call.type('sesame\r');
      }
      expect(await call.exited).toBe(0);
      const url = linkIn(call.shown());
      expect(await user.output(['get', url, '--password', 'sesame'])).toBe('some text');
    });

    test('a counted payload is read only after a confirmation', async () => {
      const url = await user.output(['put', 'a.txt', '--reads', '1']);
      const no = await user.atTerminal(['get', url]);
      await no.waitFor('Read it?');
      no.type('n');
      expect(await no.exited).toBe(130);
      const yes = await user.atTerminal(['get', url]);
      await yes.waitFor('Read it?');
      yes.type('y');
      expect(await yes.exited).toBe(0);
      expect(yes.shown()).toContain('some text');
      const another = await user.output(['put', 'a.txt', '--reads', '1']);
      const unasked = await user.atTerminal(['get', another, '--yes']);
      expect(await unasked.exited).toBe(0);
      expect(unasked.shown()).toBe('some text\r\n');
    });
  });

describe.concurrent('content on a terminal', () => {
  let user: User;
  beforeAll(async () => {
    user = await newUser(server.url);
  });

  test('binary content is refused before it is read, unless -o - is given', async () => {
    const input = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]);
    const options = ['--type', 'application/octet-stream'];
    const url = await user.output(['put', '-', '--reads', '1', ...options], { input });
    const refused = await user.atTerminal(['get', url, '--yes']);
    expect(await refused.exited).toBe(2);
    expect(refused.shown()).toContain('-o FILE');
    const shown = await user.atTerminal(['get', url, '--yes', '-o', '-']);
    expect(await shown.exited).toBe(0);
    expect(shown.shown()).toContain('PNG');
  });

  test('encrypted binary content that can be read once is saved to a file', async () => {
    const input = new Uint8Array([0, 1, 2, 3]);
    const put = ['put', '-', '--reads', '1', '--encrypt', '--name', 'kept.bin'];
    const url = await user.output(put, { input });
    const call = await user.atTerminal(['get', url, '--yes']);
    expect(await call.exited).toBe(0);
    expect(call.shown()).toContain('kept.bin');
    expect([...readFileSync(user.path('kept.bin'))]).toEqual([0, 1, 2, 3]);
  });

  test('text cannot move its cursor or change its title', async () => {
    const url = await user.output(['put', '-', '--type', 'text/plain'], {
      input: 'before\u001B]0;owned\u0007\u001B[2Jafter\ttab\n',
    });
    const call = await user.atTerminal(['get', url]);
    expect(await call.exited).toBe(0);
    expect(call.shown()).toBe('before\uFFFD]0;owned\uFFFD\uFFFD[2Jafter\ttab\r\n');
  });

  test('text cannot be overwritten by a carriage return', async () => {
    const url = await user.output(['put', '-', '--type', 'text/plain'], { input: 'rm -rf ~\rls\r\nend\r' });
    const call = await user.atTerminal(['get', url]);
    expect(await call.exited).toBe(0);
    expect(call.shown().replaceAll('\r\r', '\r')).toBe('rm -rf ~\uFFFDls\r\nend\uFFFD');
  });

  test('content with a text type that is not text, and can be read once, is saved to a file', async () => {
    const input = new Uint8Array([0, 1, 2, 3]);
    for (const [name, options] of [
      ['open.txt', []],
      ['sealed.txt', ['--encrypt', '--type', 'text/plain']],
    ] as const) {
      const put = ['put', '-', '--reads', '1', '--name', name, ...options];
      const call = await user.atTerminal(['get', await user.output(put, { input }), '--yes']);
      expect(await call.exited).toBe(0);
      expect(call.shown()).toBe(`${name}\r\n`);
      expect([...readFileSync(user.path(name))]).toEqual([0, 1, 2, 3]);
    }
  });

  test('a dumb terminal shows no progress bar', async () => {
    writeFileSync(user.path('large.bin'), '');
    truncateSync(user.path('large.bin'), large);
    const call = await user.atTerminal(['put', 'large.bin'], { env: { TERM: 'dumb' } });
    expect(await call.exited).toBe(0);
    expect(call.shown()).toMatch(/^http:\S+\r\n$/);
  });

  test('stdin is read from the terminal until Ctrl-D', async () => {
    const call = await user.atTerminal(['put']);
    await call.waitFor('Ctrl-D');
    call.type('typed here\n\u0004');
    expect(await call.exited).toBe(0);
    expect(await user.output(['get', linkIn(call.shown())])).toBe('typed here');
  });

  test('has no colours with NO_COLOR', async () => {
    const url = await user.output(['put', '-', '--reads', '1'], { input: 'content' });
    for (const [env, isColoured] of [
      [{}, true],
      [{ NO_COLOR: '1' }, false],
    ] as [Record<string, string>, boolean][]) {
      const call = await user.atTerminal(['get', url], { env });
      await call.waitFor('Read it?');
      call.type('n');
      expect(await call.exited).toBe(130);
      // Foreground colours are 30 to 37 and 90 to 97 (ECMA-48, SGR).
      const coloured = call
        .shown()
        .split('\u001B')
        .filter((each) => /^\[[39][0-7]m/.test(each));
      expect(coloured.length > 0).toBe(isColoured);
    }
  });
});
