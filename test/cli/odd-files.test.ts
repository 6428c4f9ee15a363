import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { requireRoom } from '../../src/cli/use/get/room.ts';
import { localSource } from '../../src/cli/use/put/local-source.ts';
import { createClient } from '../../src/client/index.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
let user: User;
let link: string;
beforeAll(async () => {
  server = await startMayfly({ clockless: true });
  const key = await mayflyOutput(server.dataDir, [
    'keys',
    'create',
    '--kind',
    'storage',
    '--account',
    'acme',
  ]);
  user = await newUser(server.url, { env: { MAYFLY_KEY: key } });
  await createClient({ url: server.url, key }).buckets.create('odd');
  link = await user.output(['put'], { input: 'content' });
  await user.output(['cp', '-', 'odd:content'], { input: 'content' });
});
afterAll(() => server.stop());

/** Runs a script that calls `mayfly`. Resolves to its output. If it hangs, the error has its last step. */
async function shell(script: string): Promise<string> {
  const mayfly = `mayfly() { "${process.execPath}" --no-env-file "${process.cwd()}/src/main.ts" "$@"; }`;
  const traced = `set -euo pipefail; ${mayfly}; cd "${user.folder}"; set -x; ${script}`;
  const child = Bun.spawn(['timeout', '60', 'bash', '-c', traced], {
    env: { PATH: process.env.PATH ?? '', HOME: user.folder, ...user.settings },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [shown, steps] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const code = await child.exited;
  if (code !== 0) throw new Error(`exit code ${code} after these steps, and output ${shown}:\n${steps}`);
  return shown;
}

describe.concurrent('a special file is written to, and not replaced', () => {
  test.each(['get', 'cp'])('by %s', async (command) => {
    const source = command === 'get' ? link : 'odd:content';
    const option = command === 'get' ? '-o' : '';
    expect(
      await shell(`
        mkfifo ${command}.pipe
        cat ${command}.pipe & mayfly ${command} '${source}' ${option} ${command}.pipe; wait
        mayfly ${command} '${source}' ${option} /proc/self/fd/1
        mayfly ${command} '${source}' ${option} /proc/self/fd/1 >> ${command}.out
        mayfly ${command} '${source}' ${option} /dev/fd/3 3>> ${command}.out`),
    ).toBe('contentcontent');
    expect(readFileSync(user.path(`${command}.out`), 'utf8')).toBe('contentcontent');
    expect(lstatSync(user.path(`${command}.pipe`)).isFIFO()).toBe(true);
  });

  test('by get of an encrypted payload that can be read once', async () => {
    const put = `mayfly put --encrypt --reads 1 - <<< 'read once'`;
    expect(await shell(`mayfly get "$(${put})" -o /proc/self/fd/1`)).toBe('read once\n');
  });
});

const waysDown = ['get', 'get of an encrypted payload', 'cp'] as const;

/** Downloads `content` to a file of the user. */
async function downloadTo(file: string, way: (typeof waysDown)[number]): Promise<void> {
  if (way === 'cp') return void (await user.output(['cp', 'odd:content', file]));
  const source = way === 'get' ? link : await user.output(['put', '-e'], { input: 'content' });
  await user.output(['get', source, '-o', file]);
}

describe.concurrent('a file that is replaced', () => {
  test.each(waysDown)('keeps its permissions, and a link stays a link: %s', async (way) => {
    const [name, leading] = [`private-${way}`, `link-${way}`];
    writeFileSync(user.path(name), 'before');
    chmodSync(user.path(name), 0o600);
    symlinkSync(name, user.path(leading));
    await downloadTo(leading, way);
    expect(lstatSync(user.path(leading)).isSymbolicLink()).toBe(true);
    expect(readFileSync(user.path(name), 'utf8')).toBe('content');
    expect(statSync(user.path(name)).mode & 0o777).toBe(0o600);
  });

  test.each(waysDown)('is never one that a link at a temporary name leads to: %s', async (way) => {
    const [name, other] = [`planted-${way}`, `other-${way}`];
    writeFileSync(user.path(other), 'theirs');
    for (const suffix of ['part', 'part.etag', 'opening']) symlinkSync(other, user.path(`${name}.${suffix}`));
    await downloadTo(name, way);
    expect(lstatSync(user.path(name)).isFile()).toBe(true);
    expect(readFileSync(user.path(name), 'utf8')).toBe('content');
    expect(readFileSync(user.path(other), 'utf8')).toBe('theirs');
  });

  test('is not one that only looks like our partial download', async () => {
    const named = await user.output(['put', '-', '--name', 'report'], { input: 'theirs' });
    writeFileSync(user.path('report.part'), 'mine');
    const { code, stderr } = await user.call(['get', named, '-O']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('report.part exists already')]);
    expect(readFileSync(user.path('report.part'), 'utf8')).toBe('mine');
  });
});

test.concurrent('a payload that can be read once is not read if it cannot be written or does not fit on the disk', async () => {
  const once = await user.output(['put', '-', '--reads', '1'], { input: 'content' });
  for (const place of ['missing/out', 'a.txt/out']) {
    writeFileSync(user.path('a.txt'), '');
    expect((await user.call(['get', once, '-o', place])).code).toBe(1);
  }
  expect(await user.output(['get', once])).toBe('content');
  await expect(requireRoom(user.folder, 2 ** 60)).rejects.toMatchObject({ code: 5 });
  await requireRoom(user.folder, 1);
});

test.concurrent('a folder is uploaded without its broken links, which are reported', async () => {
  mkdirSync(user.path('tree'));
  writeFileSync(user.path('tree/file'), 'content');
  symlinkSync('nowhere', user.path('tree/lost'));
  const { code, stderr } = await user.call(['cp', '-r', 'tree', 'odd:tree/']);
  expect([code, stderr]).toEqual([
    1,
    'mayfly: tree/lost: cannot copy this: only files, folders and links to files can be copied\n',
  ]);
  expect(await user.output(['ls', 'odd:tree/', '--json'])).toMatch(/^\{[^\n]*"tree\/file"[^\n]*\}$/);
});

test.concurrent('a file whose name is not UTF-8 is reported with what to do', async () => {
  const commands = `mayfly put latin1/*; mayfly cp -r latin1 odd:`;
  expect(await shell(`mkdir latin1; touch latin1/$'l\\344tin'; set +ex; exec 2>&1; ${commands}; true`)).toBe(
    'mayfly: latin1/l\ufffdtin: no such file or folder; if its name is not UTF-8, rename it\n'.repeat(2),
  );
});

test.concurrent('an object that is too large is refused before any of it is sent', async () => {
  writeFileSync(user.path('huge.bin'), '');
  truncateSync(user.path('huge.bin'), 6 * 1024 ** 3);
  const { code, stderr } = await user.call(['cp', 'huge.bin', 'odd:']);
  expect([code, stderr]).toEqual([5, expect.stringContaining('an object may have 5368709120')]);
});

test.concurrent('a large file that is replaced or truncated during the upload is not sent as a mix of both', async () => {
  for (const change of [
    () => renameSync(user.path('another.bin'), user.path('changing.bin')),
    () => truncateSync(user.path('changing.bin'), 5),
  ]) {
    for (const name of ['changing.bin', 'another.bin']) writeFileSync(user.path(name), 'the content');
    const { read } = await localSource(user.path('changing.bin'));
    const bytes = new Uint8Array(7);
    await read?.(4, bytes);
    expect(new TextDecoder().decode(bytes)).toBe('content');
    change();
    await expect(read?.(4, bytes)).rejects.toThrow('changing.bin changed during the upload');
  }
});

test.concurrent('file names with a dash, a space or letters of any script are not changed', async () => {
  const names = ['-e', 'a b.txt', 'ü – 日本.txt'];
  for (const name of names) writeFileSync(user.path(name), name);
  const urls = (await user.output(['put', '--', ...names])).split('\n');
  mkdirSync(user.path('back'));
  for (const url of urls) await user.output(['get', url, '-o', 'back']);
  expect(readdirSync(user.path('back')).sort()).toEqual(names.sort());
});

test.concurrent('a wrong password keeps the download, and altered content leaves nothing', async () => {
  const sealed = await user.output(['put', '-', '--password', 'right'], { input: 'content' });
  expect((await user.call(['get', sealed, '--password', 'wrong', '-o', 'opened'])).code).toBe(4);
  expect(readdirSync(user.folder).filter((name) => name.startsWith('opened'))).toEqual([
    'opened.part',
    'opened.part.etag',
  ]);
  await user.output(['get', sealed, '--password', 'right', '-o', 'opened']);
  expect(readFileSync(user.path('opened'), 'utf8')).toBe('content');
  const bytes = await (await fetch(sealed.replace('/p/', '/raw/').replace(/#.*/, ''))).bytes();
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  const headers = { 'content-type': 'application/vnd.mayfly.sealed' };
  const altered = (await (await fetch(server.url, { method: 'PUT', body: bytes, headers })).text()).trim();
  const args = ['get', altered + sealed.replace(/.*#/, '#'), '--password', 'right', '-o', 'altered'];
  expect((await user.call(args)).code).toBe(7);
  expect(readdirSync(user.folder).filter((name) => name.startsWith('altered'))).toEqual([]);
});
