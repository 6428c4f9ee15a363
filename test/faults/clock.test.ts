import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createServices } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import type { Timers } from '../../src/core/ports/clock.ts';
import { createLog } from '../../src/observe/log.ts';
import { createServer } from '../../src/server/index.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { startDownload } from '../support/pausable-download.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf, textOf } from './content.ts';
import { post, put, statusOf } from './requests.ts';
import { readStored } from './stored.ts';

setDefaultTimeout(60_000);

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2030, 0, 31, 12);

/** Timers that the test fires. */
class ManualTimers implements Timers {
  readonly #tasks = new Set<() => void>();

  every(_milliseconds: number, task: () => void): () => void {
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  async sleep(): Promise<void> {
    await Promise.resolve();
  }

  fire(): void {
    for (const task of this.#tasks) task();
  }
}

/** The whole service in this process, under a clock that the test sets. */
async function serviceAt(now: number, env: Record<string, string> = {}) {
  const dataDir = temporaryDirectory('data');
  const clock = { now };
  const timers = new ManualTimers();
  const config = readConfig({ DATA_DIR: dataDir, RATE_LIMIT: '0', MIN_FREE_SPACE: '0', ...env });
  const services = await createServices(config, createLog('silent'), { clock: () => clock.now, timers });
  const server = createServer(services, () => 'http://mayfly.test');
  const request = (path: string, init?: RequestInit) =>
    server.handle(new Request(`http://mayfly.test${path}`, init), '127.0.0.1');
  const create = async (
    payload: Record<string, unknown>,
  ): Promise<{ hash_id: string; expiry_time: string }> => {
    const body = JSON.stringify({ content: 'hello', mime_type: 'text/plain', ...payload });
    const response = await request('/api/v1/payloads', { method: 'POST', body });
    expect(response.status).toBe(201);
    return (await response.json()) as { hash_id: string; expiry_time: string };
  };
  /** The statuses of all routes that serve a payload. */
  const statuses = async (id: string) => {
    const paths = [`/api/v1/payloads/${id}`, `/raw/${id}`, `/p/${id}`];
    const found = new Set<number>();
    for (const path of paths)
      for (const method of ['HEAD', 'GET']) {
        const response = await request(path, { method });
        found.add(response.status);
        // Nothing else closes what a handler opened for a body.
        await response.body?.cancel();
      }
    return [...found];
  };
  return {
    dataDir,
    clock,
    timers,
    request,
    create,
    statuses,
    sweep: () => services.sweeper.run(),
    close: services.close,
  };
}

describe('a clock that jumps', () => {
  test('forward past an expiry: no route serves the payload, a sweep removes it, and a jump back does not restore it', async () => {
    const service = await serviceAt(start);
    const inline = await service.create({ ttl: '1h' });
    const blob = await service.create({ ttl: '1h', content: textOf('clock', 100_000) });
    const later = await service.create({ ttl: '3h' });
    expect(inline.expiry_time).toBe('2030-01-31T13:00:00Z');
    for (const { hash_id } of [inline, blob, later]) expect(await service.statuses(hash_id)).toEqual([200]);

    service.clock.now = start + hour - 1;
    expect(await service.statuses(inline.hash_id)).toEqual([200]);
    service.clock.now = start + hour;
    for (const { hash_id } of [inline, blob]) expect(await service.statuses(hash_id)).toEqual([404]);
    expect(await service.statuses(later.hash_id)).toEqual([200]);
    expect(await service.sweep()).toMatchObject({ payloads: 2, blobs: 1, failures: 0 });
    expect(readStored(service.dataDir).files).toEqual([]);

    service.clock.now = start;
    for (const { hash_id } of [inline, blob]) expect(await service.statuses(hash_id)).toEqual([404]);
    expect(await service.statuses(later.hash_id)).toEqual([200]);
    await service.close();
  });

  test('back: new payloads expire by the new time, sweeps remove nothing, and writes continue', async () => {
    const service = await serviceAt(start);
    const before = await service.create({ ttl: '1h' });
    service.clock.now = start - day;
    expect(await service.sweep()).toMatchObject({ payloads: 0, blobs: 0, failures: 0 });
    expect(await service.statuses(before.hash_id)).toEqual([200]);
    const after = await service.create({ ttl: '1h' });
    expect(after.expiry_time).toBe('2030-01-30T13:00:00Z');
    const blob = await service.create({ ttl: '1h', content: textOf('clock', 100_000) });
    service.clock.now = start - day + hour;
    for (const { hash_id } of [after, blob]) expect(await service.statuses(hash_id)).toEqual([404]);
    expect(await service.statuses(before.hash_id)).toEqual([200]);
    expect(await service.sweep()).toMatchObject({ payloads: 2, blobs: 1 });
    await service.close();
  });

  test('never lets caches keep content past its expiry', async () => {
    const service = await serviceAt(start);
    const { hash_id } = await service.create({ ttl: '1h' });
    const maxAge = async () =>
      Number(
        /max-age=(\d+)/.exec(
          (await service.request(`/raw/${hash_id}`)).headers.get('cache-control') ?? '',
        )?.[1],
      );
    for (const remaining of [hour, 59_999, 1500, 999, 1]) {
      service.clock.now = start + hour - remaining;
      expect(await maxAge()).toBeLessThanOrEqual(remaining / 1000);
    }
    await service.close();
  });

  test('by hours during an upload: the upload succeeds if its lease was renewed, and is rejected otherwise', async () => {
    for (const renews of [true, false]) {
      const service = await serviceAt(start);
      const bytes = bytesOf('jump', 200_000);
      let goOn: () => void = () => undefined;
      const midway = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(bytes.subarray(0, 100_000));
          await midway;
          controller.enqueue(bytes.subarray(100_000));
          controller.close();
        },
      });
      const upload = service.request('/file', { method: 'PUT', body });
      await waitFor('a half-written file', () => readStored(service.dataDir).files.length === 1);
      service.clock.now = start + 5 * hour;
      if (renews) service.timers.fire();
      expect(await service.sweep()).toMatchObject({ blobs: renews ? 0 : 1, failures: 0 });
      goOn();
      const response = await upload;
      expect(response.status).toBe(renews ? 201 : 503);
      service.clock.now += hour;
      await service.sweep();
      const { files, blobKeys, journalKeys } = readStored(service.dataDir);
      expect({ files, journalKeys }).toEqual({ files: blobKeys, journalKeys: [] });
      expect(blobKeys).toHaveLength(renews ? 1 : 0);
      if (renews) {
        const id = response.headers.get('location')?.split('/').pop();
        const read = await service.request(`/raw/${id}`);
        expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
      }
      await service.close();
    }
  });

  test('forward past a day forgets an Idempotency-Key, back within it does not', async () => {
    const service = await serviceAt(start);
    const body = JSON.stringify({ content: 'hello', mime_type: 'text/plain' });
    const write = async () => {
      const headers = { 'idempotency-key': 'one' };
      const response = await service.request('/api/v1/payloads', { method: 'POST', body, headers });
      return ((await response.json()) as { hash_id: string }).hash_id;
    };
    const first = await write();
    service.clock.now = start - hour;
    expect(await write()).toBe(first);
    service.clock.now = start + day - 1;
    expect(await write()).toBe(first);
    service.clock.now = start + day;
    expect(await write()).not.toBe(first);
    await service.close();
  });
});

test('a payload whose expiry_time is one second ahead is served until then, and not afterwards', async () => {
  const mayfly = await startMayfly({ clockless: true });
  const readUntilGone = async (length: number) => {
    const expiresAt = Date.now() + 1000;
    const id = await post(mayfly.url, {
      content: textOf('second', length),
      expiry_time: new Date(expiresAt).toISOString(),
    });
    let reads = 0;
    for (;;) {
      const sentAt = Date.now();
      const status = await statusOf(`${mayfly.url}/raw/${id}`);
      // The server reads the same clock between the two readings.
      if (status === 200) expect(sentAt).toBeLessThan(expiresAt);
      else {
        expect(status).toBe(404);
        expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
        break;
      }
      reads += 1;
    }
    expect(await statusOf(`${mayfly.url}/api/v1/payloads/${id}`)).toBe(404);
    return reads;
  };
  // On a busy machine, the first read may be late.
  for (const length of [10, 100_000]) while ((await readUntilGone(length)) === 0);
  await mayfly.stop();
});

/** A download that stalls until its payload has expired and was swept, and then continues. */
async function downloadOverExpiry(
  env: Record<string, string>,
  isSwept: (dataDir: string) => Promise<boolean>,
) {
  const mayfly = await startMayfly({ env: { ...env, SWEEP_CRON: '* * * * * *' } });
  const large = bytesOf('download', 32 * 1024 * 1024);
  const id = await put(mayfly.url, large, '?ttl=3s');
  const download = await startDownload(mayfly.port, `/raw/${id}`);
  download.pause();
  await waitFor('the sweep', () => isSwept(mayfly.dataDir));
  expect(await statusOf(`${mayfly.url}/raw/${id}`)).toBe(404);
  download.resume();
  const body = await download.body;
  expect({ length: body.length, same: body.equals(large) }).toEqual({ length: large.length, same: true });
  await mayfly.stop();
}

test('a download that runs while its payload expires and is swept finishes; the next is 404', async () => {
  await downloadOverExpiry({}, async (dataDir) => readStored(dataDir).files.length === 0);
});

await suiteWith(['versitygw'], 'expiry with S3', () => {
  test('a download that runs while its payload expires and is swept finishes; the next is 404', async () => {
    const s3 = await startS3();
    await downloadOverExpiry(s3.env, async () => (await s3.listKeys()).length === 0);
    await s3.stop();
  });
});
