import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { findPart } from '../support/parts.ts';
import { startDownload } from '../support/pausable-download.ts';
import { openSocket, startRequest, uploadedId } from '../support/piecewise-request.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf } from './content.ts';
import { post, put, readRaw, statusOf } from './requests.ts';
import { readStored } from './stored.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

setDefaultTimeout(90_000);

const bytes = bytesOf('stop', 400 * 1024);
const half = bytes.length / 2;
// Much less than the 30 s that requests in flight have.
const promptMs = 5000;

async function isRefused(port: number): Promise<boolean> {
  try {
    (await openSocket(port)).destroy();
    return false;
  } catch {
    return true;
  }
}

/** Waits until new connections are refused. Deno accepts them while an upload runs, but no new uploads. */
async function takesNothingNew({ url, port }: MayflyProcess, runtime: Runtime): Promise<void> {
  await waitFor('new connections to be refused', async () => {
    if (await isRefused(port)) return true;
    return runtime === 'deno' && (await statusOf(`${url}/file`, { method: 'PUT', body: 'new' })) === 503;
  });
}

/** An upload whose first half has arrived. */
async function uploadInFlight({ port, dataDir }: MayflyProcess) {
  const upload = await startRequest(port, { contentLength: bytes.length });
  await upload.send(bytes.subarray(0, half));
  await waitFor('the upload to be under way', () => readStored(dataDir).journalKeys.length === 1);
  return upload;
}

/** A keep-alive connection that is idle after one answered request. */
async function idleConnection(port: number) {
  const socket = await openSocket(port);
  socket.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(socket, 'data');
  return socket;
}

async function stopped(mayfly: MayflyProcess): Promise<{ code: number | null; milliseconds: number }> {
  const started = performance.now();
  return { code: await mayfly.stop(), milliseconds: performance.now() - started };
}

function stopsWell(runtime: Runtime): void {
  test('lets an upload in flight finish, accepts no new connections, and exits with 0', async () => {
    const mayfly = await startMayfly({ runtime, clockless: true });
    const upload = await uploadInFlight(mayfly);
    const stopping = stopped(mayfly);
    await takesNothingNew(mayfly, runtime);
    await upload.send(bytes.subarray(half));
    const id = uploadedId(await upload.answer);
    expect(await stopping).toMatchObject({ code: 0 });

    const again = await startMayfly({ runtime, clockless: true, dataDir: mayfly.dataDir });
    expect((await readRaw(again.url, id)).equals(bytes)).toBe(true);
    await again.stop();
  });

  test('lets a download in flight finish', async () => {
    const mayfly = await startMayfly({ runtime, clockless: true });
    const large = bytesOf('download', 32 * 1024 * 1024);
    const id = await put(mayfly.url, large);
    const download = await startDownload(mayfly.port, `/raw/${id}`);
    download.pause();
    const stopping = stopped(mayfly);
    await takesNothingNew(mayfly, runtime);
    download.resume();
    expect((await download.body).equals(large)).toBe(true);
    expect(await stopping).toMatchObject({ code: 0 });
  });

  test('is not delayed by idle connections', async () => {
    const mayfly = await startMayfly({ runtime, clockless: true });
    const idle = await Promise.all([
      idleConnection(mayfly.port),
      idleConnection(mayfly.port),
      openSocket(mayfly.port),
    ]);
    const { code, milliseconds } = await stopped(mayfly);
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(promptMs);
    for (const socket of idle) socket.destroy();
  });

  test('answers requests on open connections correctly, and does not report that it is ready', async () => {
    const mayfly = await startMayfly({ runtime, clockless: true });
    const socket = await idleConnection(mayfly.port);
    const upload = await uploadInFlight(mayfly);
    const stopping = stopped(mayfly);
    await takesNothingNew(mayfly, runtime);
    // The connection may already be closed. If it is not, /readyz must send clients elsewhere.
    let answer = '';
    socket.on('data', (piece) => {
      answer += piece;
    });
    const settled = Promise.race([once(socket, 'data'), once(socket, 'close')]);
    if (!socket.destroyed) socket.write(`GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:${mayfly.port}\r\n\r\n`);
    await Promise.race([settled, waitFor('a closed connection', () => socket.destroyed)]);
    if (answer !== '') {
      expect(answer).toStartWith('HTTP/1.1 503');
      expect(answer).toContain('"status":"stopping"');
    } else expect(socket.destroyed || socket.readableEnded).toBe(true);
    socket.destroy();
    await upload.send(bytes.subarray(half));
    uploadedId(await upload.answer);
    expect(await stopping).toMatchObject({ code: 0 });
  });

  test('accepts requests for STOP_DELAY, while it reports that it is not ready', async () => {
    const delayMs = 5000;
    const mayfly = await startMayfly({ runtime, clockless: true, env: { STOP_DELAY: '5s' } });
    const idle = await idleConnection(mayfly.port);
    const stopping = stopped(mayfly);
    await waitFor('the stop to begin', async () => (await statusOf(`${mayfly.url}/readyz`)) === 503, {
      everyMs: 5,
    });
    const { port } = mayfly;
    const upload = await startRequest(port, { contentLength: bytes.length });
    await upload.send(bytes);
    const id = uploadedId(await upload.answer);
    expect((await readRaw(mayfly.url, id)).equals(bytes)).toBe(true);
    idle.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    const [answer] = (await once(idle, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 200 .*\r\nconnection: close\r\n/is);
    const { code, milliseconds } = await stopping;
    expect(code).toBe(0);
    expect(milliseconds).toBeGreaterThanOrEqual(delayMs);
    expect(milliseconds).toBeLessThan(delayMs + promptMs);
    idle.destroy();
  });

  test('loses nothing acknowledged under load, and exits promptly', async () => {
    const mayfly = await startMayfly({ runtime, clockless: true });
    const ids: string[] = [];
    const unexpected: string[] = [];
    const load = Array.from({ length: 16 }, async () => {
      for (;;) {
        try {
          ids.push(await post(mayfly.url, { content: 'hello' }));
        } catch (error) {
          if (error instanceof Error && /^\d{3} /.test(error.message)) unexpected.push(error.message);
          return;
        }
      }
    });
    await waitFor('some writes', () => ids.length > 200);
    const { code, milliseconds } = await stopped(mayfly);
    await Promise.all(load);
    expect({ code, unexpected }).toEqual({ code: 0, unexpected: [] });
    expect(milliseconds).toBeLessThan(promptMs);
    const again = await startMayfly({ clockless: true, dataDir: mayfly.dataDir });
    for (const id of ids) expect(await statusOf(`${again.url}/raw/${id}`)).toBe(200);
    await again.stop();
  });
}

/** Stops a server during an upload that never ends. */
async function cutOff(runtime: Runtime): Promise<void> {
  const mayfly = await startMayfly({
    runtime,
    clockless: true,
    env: { UPLOAD_LEASE: '1s' },
    readyWithinMs: 60_000,
  });
  await uploadInFlight(mayfly);
  const { code, milliseconds } = await stopped(mayfly);
  expect({ runtime, code }).toEqual({ runtime, code: 0 });
  expect(milliseconds).toBeGreaterThanOrEqual(30_000);
  expect(milliseconds).toBeLessThan(30_000 + 3 * promptMs);
  await sweepUntilNothingWaits(mayfly.dataDir);
  const { ids, files } = readStored(mayfly.dataDir);
  expect({ ids, files }).toEqual({ ids: [], files: [] });
}

let cutOffs: Promise<unknown>;
beforeAll(async () => {
  for (const part of ['deno', 'node'] as const) if ((await findPart(part)) === undefined) return;
  // They take thirty seconds, and run beside the other tests.
  cutOffs = Promise.all([cutOff('bun'), cutOff('deno'), cutOff('node')]);
  cutOffs.catch(() => undefined);
});

describe('SIGTERM, on Bun', () => stopsWell('bun'));

await suiteWith(['deno'], 'SIGTERM, on Deno', () => stopsWell('deno'));

await suiteWith(['node'], 'SIGTERM, on Node', () => stopsWell('node'));

await suiteWith(['deno', 'node'], 'SIGTERM, with a request that never ends', () => {
  test('aborts it after thirty seconds, exits with 0, and leaves nothing behind', () => cutOffs);
});
