import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { type RawRequest, startRequest } from '../support/piecewise-request.ts';
import { waitFor } from '../support/wait-for.ts';
import { readMetric } from './metrics.ts';

setDefaultTimeout(60_000);

const mebibyte = 1024 * 1024;
/** It expands a hundredfold, beyond the limit of a JSON body, so that the server only decodes it. */
const coded = gzipSync(`{"content":"${Buffer.alloc(24 * mebibyte, randomBytes(15_000).toString('hex'))}`);
const outOfReach = { RATE_LIMIT: '1000000000' };

const put = async (mayfly: MayflyProcess, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) => {
  const response = await fetch(`${mayfly.url}/`, { method: 'PUT', headers, body });
  return { status: response.status, text: (await response.text()).trim() };
};
const inGzip = { 'Content-Encoding': 'gzip' };
/** Coded bodies of up to 64 KiB have decoders of their own. */
const long = gzipSync(randomBytes(100_000));

/** Sends the beginning of a body that decodes, and leaves it open. */
async function begun(mayfly: MayflyProcess, headers: Record<string, string> = {}): Promise<RawRequest> {
  const request = await startRequest(mayfly.port, { path: '/', headers: { ...inGzip, ...headers } });
  await request.send(coded.subarray(0, 4096));
  return request;
}

describe('while bodies are decoded', () => {
  test('32 active ones delay neither reads and writes of blobs nor /readyz', async () => {
    const mayfly = await startMayfly({ env: outOfReach });
    const blob = randomBytes(300_000);
    const { text: address } = await put(mayfly, blob, {});
    let areAtWork = true;
    const work = Array.from({ length: 32 }, async () => {
      let decoded = 0;
      while (areAtWork) {
        const headers = { ...inGzip, 'Content-Type': 'application/json' };
        const url = `${mayfly.url}/api/v1/payloads`;
        const { status } = await fetch(url, { method: 'POST', headers, body: coded });
        expect(status).toBeOneOf([413, 429]);
        if (status === 413) decoded += 1;
      }
      return decoded;
    });
    const times: number[] = [];
    const timed = async (call: () => Promise<unknown>) => {
      const before = performance.now();
      await call();
      times.push(performance.now() - before);
    };
    // Long enough that all have begun and the queue is full.
    for (const end = performance.now() + 4000; performance.now() < end; ) {
      await timed(async () => {
        const read = await fetch(address);
        expect(Buffer.from(await read.arrayBuffer()).equals(blob)).toBe(true);
      });
      await timed(async () => expect((await put(mayfly, blob, {})).status).toBe(201));
      await timed(async () => expect((await fetch(`${mayfly.url}/readyz`)).status).toBe(200));
    }
    areAtWork = false;
    const decoded = (await Promise.all(work)).reduce((sum, count) => sum + count, 0);
    // Each place of one address, at least once.
    expect(decoded).toBeGreaterThan(0);
    times.sort((one, other) => one - other);
    expect(times.at(-1)).toBeLessThan(2000);
    await mayfly.stop();
  });

  test('one address has at most four at once; a place is free again when its client disconnects', async () => {
    const mayfly = await startMayfly({ env: outOfReach });
    const holders = await Promise.all(Array.from({ length: 4 }, () => begun(mayfly)));
    // A fifth waits, and is served when the first has ended.
    const waiting = put(mayfly, long, inGzip);
    const uncoded = await put(mayfly, randomBytes(10), {});
    expect(uncoded.status).toBe(201);
    expect(await Promise.race([waiting, Bun.sleep(200).then(() => 'waits')])).toBe('waits');
    holders[0]?.breakOff();
    expect((await waiting).status).toBe(201);
    for (const holder of holders) holder.breakOff();
    await waitFor('places for all', async () => {
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => put(mayfly, gzipSync('again'), inGzip)),
      );
      return answers.every(({ status }) => status === 201);
    });
    await mayfly.stop();
  });

  test('silent pipes keep no decoder that others need, and continue otherwise', async () => {
    const mayfly = await startMayfly({ env: { ...outOfReach, TRUSTED_PROXIES: '127.0.0.1' } });
    const from = (address: string) => ({ 'X-Forwarded-For': address });
    const pipes = await Promise.all(
      Array.from({ length: 8 }, (_, index) => begun(mayfly, from(`192.0.2.${index % 2}`))),
    );
    const statuses = new Map<RawRequest, number>();
    for (const pipe of pipes) void pipe.answer.then(({ status }) => statuses.set(pipe, status));
    await waitFor(
      'all decoders to be in use',
      async () => (await readMetric(mayfly.url, 'mayfly_decoders_in_use')) === 8,
    );
    const short = await put(mayfly, gzipSync('short'), { ...inGzip, ...from('198.51.100.3') });
    expect([short.status, statuses.size]).toEqual([201, 0]);
    const started = performance.now();
    const others = ['198.51.100.1', '198.51.100.2'];
    const stored = await Promise.all(
      others.map((address) => put(mayfly, long, { ...inGzip, ...from(address) })),
    );
    expect(stored.map(({ status }) => status)).toEqual([201, 201]);
    expect(performance.now() - started).toBeLessThan(6000);
    await waitFor('the answers to pipes that were ended', () => statuses.size > 0);
    const ended = [...statuses.values()];
    expect(ended).toEqual(ended.map(() => 408));
    expect(ended.length).toBeLessThanOrEqual(others.length);
    // No client waits any more, so the other pipes still work.
    const open = pipes.filter((pipe) => !statuses.has(pipe));
    await Promise.all(open.map((pipe) => pipe.send(coded.subarray(4096)).then(pipe.finish)));
    const answers = await Promise.all(open.map(({ answer }) => answer));
    expect(answers.map(({ status }) => status)).toEqual(open.map(() => 201));
    await mayfly.stop();
  });
});
