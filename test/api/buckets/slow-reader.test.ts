import { expect, test } from 'bun:test';
import type { Runtime } from '../../support/mayfly-process.ts';
import { startDownload } from '../../support/pausable-download.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startFileServer, storedBlobs } from '../file-server.ts';
import { expectBytes, newBucket, newClient, objectPath, remove, stored } from './client.ts';
import { completed, fullPart, joined, type Part, sent, started } from './upload-client.ts';

const partCount = 6;

/** A reader of an object in parts that pauses in the first part, while the object is removed and the server sweeps. */
async function readsOn(runtime: Runtime, end: 'replaced' | 'deleted'): Promise<void> {
  const server = await startFileServer({ runtime, env: { INLINE_LIMIT: '2', SWEEP_CRON: '* * * * * *' } });
  try {
    const client = await newClient(server);
    const { name: bucket } = await newBucket(client, { public: true });
    const upload = await started(client, bucket);
    const parts: Part[] = [];
    for (let part = 1; part <= partCount; part += 1)
      parts.push(await sent(client, upload, part, fullPart(part)));
    await completed(client, upload, parts);
    await stored(client, bucket, 'other', 'x'.repeat(100_000));
    expect(await storedBlobs(server)).toHaveLength(partCount + 1);

    const download = await startDownload(server.port, objectPath(bucket, upload.key));
    download.pause();
    if (end === 'replaced') await stored(client, bucket, upload.key, 'y', {}, 200);
    else expect((await remove(client, bucket, upload.key)).status).toBe(204);
    expect((await remove(client, bucket, 'other')).status).toBe(204);
    // A removed object without readers shows that a sweep has run; wait for one more.
    await waitFor('a sweep', async () => (await storedBlobs(server)).length <= partCount);
    await Bun.sleep(1200);
    expect(await storedBlobs(server)).toHaveLength(partCount);
    if (end === 'replaced') await expectBytes(client, bucket, upload.key, 'y');

    download.resume();
    const whole = joined(...Array.from({ length: partCount }, (_, index) => fullPart(index + 1)));
    const body = await download.body;
    expect(body.length).toBe(whole.length);
    expect(body.equals(whole)).toBe(true);
    await waitFor('nothing to be left', async () => (await storedBlobs(server)).length === 0, {
      timeoutMs: 20_000,
    });
  } finally {
    await server.stop();
  }
}

await suiteWith([], 'a slow reader of an object in parts', () => {
  test('reads to the end while the object is replaced, and then its parts are removed', () =>
    readsOn('bun', 'replaced'));
  test('reads to the end while the object is deleted, and then its parts are removed', () =>
    readsOn('bun', 'deleted'));
});

await suiteWith(['deno'], 'a slow reader of an object in parts, on Deno', () => {
  test('reads to the end while the object is replaced, and then its parts are removed', () =>
    readsOn('deno', 'replaced'));
});
