import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { mountTmpfs } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf, textOf } from './content.ts';
import { readMetric } from './metrics.ts';
import { post, put, readRaw, remove, statusOf, streamOf } from './requests.ts';
import { readStored } from './stored.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

setDefaultTimeout(60_000);

const MiB = 1024 * 1024;
const env = { MIN_FREE_SPACE: '0', UPLOAD_LEASE: '1s' };
const inlineSize = 4000;

type Write = (mayfly: MayflyProcess, name: string) => Promise<string>;
type Refusal = { status: number; body: string };

const writeJson: Write = ({ url }, name) => post(url, { content: textOf(name, inlineSize) });
const writeBlob: Write = ({ url }, name) => post(url, { content: textOf(name, MiB / 2) });
const writeChunked: Write = async ({ url }, name) => put(url, streamOf(bytesOf(name, MiB / 2)));

function mountSmallDisk(size: number): { path: string; unmount(): void } {
  const disk = mountTmpfs(size);
  if (disk === undefined) throw new Error('no tmpfs');
  return disk;
}

/** Writes until a write is rejected. @returns The acknowledged ids, and the rejection. */
async function writeUntilRefused(mayfly: MayflyProcess, label: string, write: Write) {
  const ids: string[] = [];
  for (let count = 0; count < 10_000; count += 1) {
    try {
      ids.push(await write(mayfly, `${label} ${count}`));
    } catch (error) {
      return { ids, refusal: asRefusal(error) };
    }
  }
  throw new Error('the disk never filled up');
}

function asRefusal(error: unknown): Refusal {
  const [, status, body] = /^(\d{3}) (.*)$/s.exec(error instanceof Error ? error.message : '') ?? [];
  if (status === undefined || body === undefined) throw error;
  return { status: Number(status), body };
}

function expectNoRoom({ status, body }: Refusal): void {
  expect([503, 507]).toContain(status);
  expect(JSON.parse(body)).toEqual({ error: expect.stringMatching(/room|unavailable/) });
}

await suiteWith(['tmpfs'], 'a full disk', () => {
  test('rejects blobs with a clear error, still reads and deletes, and then has room again', async () => {
    const disk = mountSmallDisk(16 * MiB);
    const mayfly = await startMayfly({ clockless: true, dataDir: disk.path, env });
    const { ids, refusal } = await writeUntilRefused(mayfly, 'blob', writeBlob);
    expectNoRoom(refusal);
    const chunked = await writeUntilRefused(mayfly, 'chunked', writeChunked);
    expectNoRoom(chunked.refusal);
    expect(ids.length).toBeGreaterThan(10);

    for (const [index, id] of ids.entries())
      expect(String(await readRaw(mayfly.url, id))).toBe(textOf(`blob ${index}`, MiB / 2));
    for (const id of ids) await remove(mayfly.url, id);
    await sweepUntilNothingWaits(mayfly.dataDir, env);
    const { blobKeys, files } = readStored(mayfly.dataDir);
    expect(blobKeys).toHaveLength(chunked.ids.length);
    expect(files).toEqual(blobKeys);
    // Free space is checked once a second.
    const again = await waitFor('room', () => writeBlob(mayfly, 'again'));
    expect(String(await readRaw(mayfly.url, again))).toBe(textOf('again', MiB / 2));
    expect(await mayfly.stop()).toBe(0);
    disk.unmount();
  });

  test('rejects inline payloads with a clear error, loses none, and has room once space is freed', async () => {
    const disk = mountSmallDisk(24 * MiB);
    const mayfly = await startMayfly({ clockless: true, dataDir: disk.path, env });
    // A file that Mayfly does not know fills the disk. Only the database uses the rest.
    const ballast = join(disk.path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(14 * MiB));
    const { ids, refusal } = await writeUntilRefused(mayfly, 'inline', writeJson);
    expectNoRoom(refusal);
    expect(ids.length).toBeGreaterThan(100);
    expectNoRoom((await writeUntilRefused(mayfly, 'blob', writeBlob)).refusal);
    const readBack = async () => {
      for (const [index, id] of ids.entries())
        expect(String(await readRaw(mayfly.url, id))).toBe(textOf(`inline ${index}`, inlineSize));
    };
    await readBack();
    expect(await statusOf(`${mayfly.url}/healthz`)).toBe(200);

    rmSync(ballast);
    ids.push(await waitFor('room', () => writeJson(mayfly, `inline ${ids.length}`)));
    await readBack();
    await mayfly.kill();
    const { dataDir } = mayfly;
    const restarted = await startMayfly({ clockless: true, dataDir, env });
    for (const id of ids) expect(await statusOf(`${restarted.url}/raw/${id}`)).toBe(200);
    await restarted.stop();
    disk.unmount();
  });

  test('that others filled to the last byte does not prevent sweeps, reads and a start', async () => {
    const disk = mountSmallDisk(32 * MiB);
    const settings = { ...env, SWEEP_CRON: '* * * * * *' };
    const mayfly = await startMayfly({ dataDir: disk.path, env: settings });
    const content = (name: string) => textOf(name, MiB / 2);
    const reserve = join(disk.path, 'mayfly.db-reserve');
    await waitFor('the reserve', () => existsSync(reserve));
    const expiring = await Promise.all(
      [1, 2, 3, 4].map((n) => post(mayfly.url, { content: content(`expiring ${n}`), ttl: 3 })),
    );
    const inline = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        post(mayfly.url, { content: textOf(`inline ${n}`, 4000), ttl: 3 }),
      ),
    );
    const deleted = await post(mayfly.url, { content: content('deleted') });
    const burning = await post(mayfly.url, { content: content('burning'), max_reads: 1 });
    const kept = await post(mayfly.url, { content: content('kept') });
    const fill = (name: string) =>
      expect(() => writeFileSync(join(disk.path, name), Buffer.alloc(32 * MiB))).toThrow('ENOSPC');
    fill('ballast');

    expectNoRoom((await writeUntilRefused(mayfly, 'inline', writeJson)).refusal);
    const { status, stores } = (await (await fetch(`${mayfly.url}/readyz`)).json()) as {
      status: string;
      stores: Record<string, string>;
    };
    expect([status, stores]).toEqual(['ready', { database: 'ok', blobs: 'ok', disk: 'full' }]);
    expect(await readMetric(mayfly.url, 'mayfly_disk_free_bytes')).toBeLessThan(4 * MiB);
    // The free space is cached for a second.
    await waitFor('the gauge', async () => (await readMetric(mayfly.url, 'mayfly_room_bytes')) === 0);

    await waitFor('the sweep', () => {
      const { ids, files } = readStored(disk.path);
      return ids.length === 3 && files.length === 3;
    });
    for (const id of [...expiring, ...inline]) expect(await statusOf(`${mayfly.url}/raw/${id}`)).toBe(404);
    await waitFor('the delete', () => remove(mayfly.url, deleted).then(() => true));
    expect(String(await waitFor('the read', () => readRaw(mayfly.url, burning)))).toBe(content('burning'));
    expect(await statusOf(`${mayfly.url}/raw/${burning}`)).toBe(404);

    await waitFor('a reserve of what the sweep gave back', () => existsSync(reserve));
    fill('more');
    await mayfly.kill();
    const restarted = await startMayfly({ dataDir: disk.path, env: settings });
    expect(String(await readRaw(restarted.url, kept))).toBe(content('kept'));
    await remove(restarted.url, kept);
    await waitFor('the last sweep', () => readStored(disk.path).files.length === 0);
    expect(await restarted.stop()).toBe(0);
    disk.unmount();
  });
});

test('beyond MIN_FREE_SPACE new bytes get 507; existing content is read, deleted and swept', async () => {
  const before = await startMayfly({ clockless: true });
  const { dataDir } = before;
  const kept = await post(before.url, { content: textOf('kept', MiB) });
  const deleted = await post(before.url, { content: textOf('deleted', MiB) });
  await before.stop();
  const mayfly = await startMayfly({ clockless: true, dataDir, env: { MIN_FREE_SPACE: '1000TiB' } });
  await expectOnlyNewBytesRefused(mayfly, kept, deleted);
  await mayfly.stop();
});

test('beyond MAX_STORAGE new bytes get 507; existing content is read, deleted and swept; then there is room', async () => {
  const mayfly = await startMayfly({
    clockless: true,
    env: { MAX_STORAGE: '3MiB', ANONYMOUS_STORAGE: 'none', MIN_FREE_SPACE: '0' },
  });
  const kept = await post(mayfly.url, { content: textOf('kept', MiB) });
  const deleted = await post(mayfly.url, { content: textOf('deleted', MiB) });
  const { ids, refusal } = await writeUntilRefused(mayfly, 'blob', writeBlob);
  expect(refusal.status).toBe(507);
  // Two blobs of 1 MiB leave 1 MiB, and the database uses some of it: at most one of half that size fits.
  expect(ids.length).toBeLessThanOrEqual(1);
  const more = await writeUntilRefused(mayfly, 'inline', writeJson);
  expect(more.refusal.status).toBe(507);
  await expectOnlyNewBytesRefused(mayfly, kept, deleted);
  const again = await waitFor('room', () => writeBlob(mayfly, 'again'));
  expect(String(await readRaw(mayfly.url, again))).toBe(textOf('again', MiB / 2));
  await mayfly.stop();
});

/** New bytes of every size get 507; one payload is readable, and the other can be deleted and swept. */
async function expectOnlyNewBytesRefused(
  mayfly: MayflyProcess,
  kept: string,
  deleted: string,
): Promise<void> {
  for (const write of [writeJson, writeBlob, writeChunked]) {
    const refusal = await write(mayfly, 'refused').then(() => undefined, asRefusal);
    expect(refusal).toEqual({
      status: 507,
      body: expect.stringContaining('"error":"The server has no room'),
    });
  }
  expect(String(await readRaw(mayfly.url, kept))).toBe(textOf('kept', MiB));
  await remove(mayfly.url, deleted);
  await sweepUntilNothingWaits(mayfly.dataDir);
  const { blobKeys, files, ids } = readStored(mayfly.dataDir);
  expect(ids).not.toContain(deleted);
  expect(files).toEqual(blobKeys);
}
