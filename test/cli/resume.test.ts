import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

const content = randomBytes(12 * 1024 * 1024);
const mebibyte = 1024 * 1024;

let server: MayflyProcess;
let proxy: TestProxy;
let user: User;
let id: string;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
  proxy = await startProxy({ target: server.port });
  user = await newUser(proxy.url);
  writeFileSync(user.path('content.bin'), content);
  id = (await user.output(['put', 'content.bin'])).slice(-32);
});
afterAll(async () => {
  proxy.stop();
  await server.stop();
});

const isContent = (name: string) => Buffer.compare(readFileSync(user.path(name)), content) === 0;

test('a download resumes after each lost connection', async () => {
  const before = proxy.answered;
  proxy.breakAfter(3 * mebibyte, 4 * mebibyte, 3 * mebibyte);
  await user.output(['get', id, '-o', 'often.bin']);
  expect(isContent('often.bin')).toBe(true);
  // Every byte is sent once, except those that were lost when the connection was reset.
  expect(proxy.answered - before).toBeLessThan(content.length + 2 * mebibyte);
  expect(existsSync(user.path('often.bin.part'))).toBe(false);
  expect(existsSync(user.path('often.bin.part.etag'))).toBe(false);
});

test('without progress it exits with 6, and the same command resumes later', async () => {
  // The second connection sends nothing.
  proxy.breakAfter(5 * mebibyte, 1);
  const { code, stderr } = await user.call(['get', id, '-o', 'later.bin']);
  expect([code, stderr]).toEqual([6, expect.stringContaining('run the same command again to resume')]);
  expect(existsSync(user.path('later.bin'))).toBe(false);
  const there = statSync(user.path('later.bin.part')).size;
  expect(there).toBeGreaterThan(mebibyte);
  const before = proxy.answered;
  await user.output(['get', id, '-o', 'later.bin']);
  expect(isContent('later.bin')).toBe(true);
  expect(proxy.answered - before).toBeLessThan(content.length - there + mebibyte);
});

test('a partial download of other content is not resumed', async () => {
  writeFileSync(user.path('other.bin.part'), randomBytes(1000));
  writeFileSync(user.path('other.bin.part.etag'), '"another"');
  await user.output(['get', id, '-o', 'other.bin']);
  expect(isContent('other.bin')).toBe(true);
});

test('an encrypted download resumes too', async () => {
  const url = await user.output(['put', 'content.bin', '--encrypt']);
  proxy.breakAfter(mebibyte, 2 * mebibyte);
  const link = url.replace(server.url, proxy.url);
  await user.output(['get', link, '-o', 'opened.bin']);
  expect(isContent('opened.bin')).toBe(true);
});

test('a download to stdout does not resume: it exits with 6, and says that a counted read is lost', async () => {
  proxy.breakAfter(mebibyte);
  const { code, stderr } = await user.call(['get', id]);
  expect([code, stderr]).toEqual([6, 'mayfly: the connection broke\n']);
  const counted = (await user.output(['put', 'content.bin', '--reads', '1'])).slice(-32);
  proxy.breakAfter(mebibyte);
  const once = await user.call(['get', counted, '-o', 'once.bin']);
  expect([once.code, once.stderr]).toEqual([6, expect.stringContaining('cannot be read again')]);
});

test('an interrupted download keeps its bytes for the next one', async () => {
  const { code } = await user.call(['get', id, '-o', 'cut.bin'], {
    interruptWhen: () => existsSync(user.path('cut.bin.part')),
  });
  // It may have finished already.
  if (code !== 0) expect([code, existsSync(user.path('cut.bin'))]).toEqual([130, false]);
  await user.output(['get', id, '-o', 'cut.bin']);
  expect(isContent('cut.bin')).toBe(true);
});
