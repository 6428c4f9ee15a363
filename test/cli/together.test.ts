import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Runtime } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { type OtherServer, startOtherServer } from './other-server.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

const id = '0'.repeat(32);
const content = new TextEncoder().encode('the first half and the second half');
const half = 15;

/** Holds the second half of the content back while `isHolding`. */
let server: OtherServer;
let isHolding = true;
let ranges: (string | null)[] = [];
beforeAll(() => {
  server = startOtherServer(({ method, headers }) => {
    const range = headers.get('range');
    const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const common = { 'content-type': 'text/plain', etag: '"same"' };
    if (method === 'HEAD')
      return new Response(null, { headers: { ...common, 'content-length': String(content.length) } });
    ranges.push(range);
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(content.subarray(start, Math.max(start, half)));
        await waitFor('the second half to be released', () => !isHolding, { timeoutMs: 100_000 });
        controller.enqueue(content.subarray(Math.max(start, half)));
        controller.close();
      },
    });
    return new Response(body, {
      status: range === null ? 200 : 206,
      headers: { ...common, 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` },
    });
  });
});
afterAll(() => server.stop());

for (const runtime of ['bun', 'deno'] as Runtime[])
  describe(`two calls that write one file, on ${runtime}`, () => {
    let user: User;
    beforeAll(async () => {
      user = await newUser(server.url, { runtime });
    });
    const filesOf = (name: string) =>
      readdirSync(user.folder)
        .filter((each) => each.startsWith(name))
        .sort();
    const hasHalf = (name: string) => readFileSync(user.path(`${name}.part`)).length === half;

    test.each([
      ['get', ['get', id, '-o', 'got']],
      ['cp', ['cp', 'some-bucket:key', 'copied']],
    ])('the second %s is refused, and the first is not disturbed', async (_, args) => {
      const name = args.at(-1) ?? '';
      isHolding = true;
      const first = user.call(args);
      try {
        await waitFor('the first half', () => hasHalf(name), { timeoutMs: 40_000 });
        const { code, stderr } = await user.call(args);
        expect([code, stderr]).toEqual([
          1,
          expect.stringMatching(
            new RegExp(`^mayfly: \\S*${name}\\.part is being written by process \\d+; [^\\n]*\\n$`),
          ),
        ]);
      } finally {
        isHolding = false;
      }
      expect((await first).code).toBe(0);
      expect(readFileSync(user.path(name))).toEqual(Buffer.from(content));
      expect(filesOf(name)).toEqual([name]);
    });

    test('the partial download of a killed process blocks nobody, and is resumed', async () => {
      isHolding = true;
      const args = ['get', id, '-o', 'killed'];
      const { code } = await user.call(args, {
        interruptWhen: () => filesOf('killed.part').length > 0 && hasHalf('killed'),
        interruptBy: 'SIGKILL',
      });
      expect(code).toBe(137);
      expect(filesOf('killed')).toEqual([
        'killed.part',
        'killed.part.etag',
        expect.stringMatching(/^killed\.part\.mayfly-\d+$/),
      ]);
      isHolding = false;
      ranges = [];
      await user.output(args);
      expect(ranges).toEqual([`bytes=${half}-`]);
      expect(readFileSync(user.path('killed'))).toEqual(Buffer.from(content));
      expect(filesOf('killed')).toEqual(['killed']);
    });

    test('a file that only looks like a mark is not removed', async () => {
      isHolding = false;
      const alike = ['alike.part.mayfly-', 'alike.part.mayfly-old', 'alike.part.1', 'alike.partly.mayfly-1'];
      for (const name of alike) writeFileSync(user.path(name), 'mine');
      await user.output(['get', id, '-o', 'alike']);
      expect(filesOf('alike')).toEqual(['alike', ...alike.sort()]);
    });
  });
