import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { bytesOf } from '../faults/content.ts';
import { post, put, readRaw, remove, statusOf } from '../faults/requests.ts';
import { sweepOnce } from '../faults/sweep-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { openSocket } from '../support/piecewise-request.ts';
import { startedOnce } from '../support/started-once.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(60_000);

const kibibyte = 1024;
/** Bun reads files up to about 1 MiB itself, and lets the system send larger ones. */
const sizes = [65 * kibibyte, 300 * kibibyte, 3000 * kibibyte + 1];

type Answer = { status: number; headers: Map<string, string>; body: Buffer };

/** The response as it is sent; `fetch` would hide how its end is marked. */
async function get(mayfly: MayflyProcess, path: string, lines: string[] = []): Promise<Answer> {
  const socket = await openSocket(mayfly.port);
  return readAnswer(socket, ask(socket, mayfly, path, lines));
}

function ask(socket: Socket, { port }: MayflyProcess, path: string, lines: string[] = []): Promise<unknown> {
  const head = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close', ...lines];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return once(socket, 'close');
}

async function readAnswer(socket: Socket, closed: Promise<unknown>): Promise<Answer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.resume();
  await closed;
  const whole = Buffer.concat(pieces);
  const end = whole.indexOf('\r\n\r\n');
  const [first = '', ...others] = whole.subarray(0, end).toString('latin1').split('\r\n');
  const headers = others.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  // A duplicate header would be lost here.
  expect(new Set(headers.map(([name]) => name)).size).toBe(headers.length);
  return {
    status: Number(first.split(' ')[1]),
    headers: new Map(headers),
    body: whole.subarray(end + 4),
  };
}

function suite(runtime: Runtime): void {
  const start = startedOnce(() => startMayfly({ runtime, clockless: true }));

  test('have a Content-Length, no name of the file on disk, and every byte', async () => {
    const mayfly = await start();
    for (const size of sizes) {
      const content = bytesOf('whole', size);
      const id = await put(mayfly.url, content);
      const { status, headers, body } = await get(mayfly, `/raw/${id}`);
      expect([status, headers.get('content-length')]).toEqual([200, String(size)]);
      expect(headers.has('transfer-encoding')).toBe(false);
      expect(body.equals(content)).toBe(true);
      expect(headers.get('content-disposition')).toBe('inline; filename=file.bin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-type')).toBe('application/octet-stream');
    }
  });

  test('name no file if the upload has no name', async () => {
    const mayfly = await start();
    const id = await post(mayfly.url, {
      content: 'x'.repeat(100_000),
      mime_type: 'application/octet-stream',
    });
    const { headers, body } = await get(mayfly, `/raw/${id}`);
    expect([headers.get('content-disposition') ?? 'inline', body.length]).toEqual(['inline', 100_000]);
  });

  test('of ranges have the length of their headers, for all positions', async () => {
    const mayfly = await start();
    for (const size of sizes) {
      const content = bytesOf('ranges', size);
      const id = await put(mayfly.url, content);
      const ranges: [string, number, number][] = [
        ['0-0', 0, 0],
        ['0-', 0, size - 1],
        ['1-', 1, size - 1],
        ['-1', size - 1, size - 1],
        ['1000-50000', 1000, 50_000],
        [`${size - 10}-${size + 10}`, size - 10, size - 1],
      ];
      for (const [range, from, to] of ranges) {
        const { status, headers, body } = await get(mayfly, `/raw/${id}`, [`Range: bytes=${range}`]);
        expect([range, status, headers.get('content-length')]).toEqual([range, 206, String(to - from + 1)]);
        expect(headers.get('content-range')).toBe(`bytes ${from}-${to}/${size}`);
        expect(body.equals(content.subarray(from, to + 1))).toBe(true);
      }
    }
  });

  test('are whole if the requested range does not apply', async () => {
    const mayfly = await start();
    const content = bytesOf('whole after all', 3_000_000);
    const id = await put(mayfly.url, content);
    const counted = await put(mayfly.url, content, '?max_reads=1');
    for (const [path, ...lines] of [[`/raw/${id}`, 'If-Range: "another"'], [`/raw/${counted}`]] as const) {
      const response = await fetch(`${mayfly.url}${path}`, {
        headers: Object.fromEntries([...lines, 'Range: bytes=5-9'].map((line) => line.split(': '))),
      });
      expect([response.status, response.headers.get('content-range')]).toEqual([200, null]);
      expect(Buffer.from(await response.bytes()).equals(content)).toBe(true);
    }
  });

  test('leave no file open', async () => {
    const mayfly = await start();
    const id = await put(mayfly.url, bytesOf('closed', 3_000_000));
    for (let from = 0; from < 20; from += 1)
      expect((await get(mayfly, `/raw/${id}`, [`Range: bytes=${from}-`])).status).toBe(206);
    await waitFor('every file to be closed', () => openBlobs(mayfly).length === 0);
  });

  test('continue to their end while their content is deleted and swept', async () => {
    const mayfly = await start();
    // What the tests before have left, so that the count below is exact.
    await sweepOnce(mayfly.dataDir);
    // More than fits into the sockets.
    const content = bytesOf('deleted', 32 * 1024 * kibibyte);
    const id = await put(mayfly.url, content);
    const token = await tokenOf(mayfly, content);
    const socket = await openSocket(mayfly.port);
    socket.pause();
    await waitFor('the writers to be done', () => openBlobs(mayfly).length === 0);
    const closed = ask(socket, mayfly, `/raw/${token.id}`, ['Range: bytes=1-']);
    await waitFor('the answer to be under way', () => openBlobs(mayfly).length > 0);
    await remove(mayfly.url, token.id, token.token);
    expect((await sweepOnce(mayfly.dataDir)).blobs).toBe(1);
    const { headers, body } = await readAnswer(socket, closed);
    expect(headers.get('content-length')).toBe(String(content.length - 1));
    expect(body.equals(content.subarray(1))).toBe(true);
    expect(await statusOf(`${mayfly.url}/raw/${token.id}`)).toBe(404);
    expect((await readRaw(mayfly.url, id)).equals(content)).toBe(true);
  });

  test('are either whole or 404, however quickly a deletion and a sweep follow', async () => {
    const mayfly = await startMayfly({ runtime, env: { SWEEP_CRON: '* * * * * *' } });
    const content = bytesOf('raced', 1_500_000);
    for (let round = 0; round < 3; round += 1) {
      const { id, token } = await tokenOf(mayfly, content);
      const seen: number[] = [];
      const readers = Array.from({ length: 4 }, async () => {
        for (let status = 200; status === 200; ) {
          const response = await fetch(`${mayfly.url}/raw/${id}`);
          const body = Buffer.from(await response.bytes());
          ({ status } = response);
          seen.push(status);
          if (status === 200) expect(body.equals(content)).toBe(true);
        }
      });
      await waitFor('some readings', () => seen.length >= 8);
      await remove(mayfly.url, id, token);
      await Promise.all(readers);
      expect(new Set(seen)).toEqual(new Set([200, 404]));
    }
    await mayfly.stop();
  });
}

function openBlobs({ pid, dataDir }: MayflyProcess): string[] {
  const opened = readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    } catch {
      return '';
    }
  });
  return opened.filter((path) => path.startsWith(`${dataDir}/blobs`));
}

/** Makes a shell upload. @returns What its deletion needs */
async function tokenOf({ url }: MayflyProcess, content: Uint8Array): Promise<{ id: string; token: string }> {
  const response = await fetch(`${url}/file.bin`, { method: 'PUT', body: content as BodyInit });
  await response.text();
  const id = response.headers.get('location')?.split('/').pop() ?? '';
  return { id, token: response.headers.get('x-delete-token') ?? '' };
}

describe('responses from files, on Bun', () => suite('bun'));
await suiteWith(['deno'], 'responses from files, on Deno', () => suite('deno'));
await suiteWith(['node'], 'responses from files, on Node', () => suite('node'));
