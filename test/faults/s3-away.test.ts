import { expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf, textOf } from './content.ts';
import { readMetric } from './metrics.ts';
import { post, put, readRaw, remove, statusOf, streamOf } from './requests.ts';
import { readStored } from './stored.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

setDefaultTimeout(60_000);

const everySecond = { SWEEP_CRON: '* * * * * *' };
const blob = bytesOf('away', 200 * 1024);

/** 503 with Retry-After, and an error in the API's shape. */
async function expectAway(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await response.json()).toEqual({ error: expect.any(String) });
}

async function readiness({ url }: MayflyProcess): Promise<unknown> {
  const response = await fetch(`${url}/readyz`);
  return { code: response.status, ...((await response.json()) as object) };
}

const withoutBlobs = {
  code: 503,
  status: 'unavailable',
  stores: { database: 'ok', blobs: 'away', disk: 'ok' },
};
const whole = { code: 200, status: 'ready', stores: { database: 'ok', blobs: 'ok', disk: 'ok' } };

await suiteWith(['versitygw'], 'S3 unavailable', () => {
  test('blobs get 503, inline payloads work, and /readyz names the store', async () => {
    const s3 = await startS3();
    const mayfly = await startMayfly({ clockless: true, env: { ...s3.env, UPLOAD_LEASE: '1s' } });
    const earlier = await post(mayfly.url, { content: 'earlier' });
    const kept = await put(mayfly.url, blob);
    expect(await readiness(mayfly)).toEqual(whole);

    await s3.stop();
    expect(await readiness(mayfly)).toEqual(withoutBlobs);
    await expectAway(await fetch(`${mayfly.url}/file`, { method: 'PUT', body: blob as BodyInit }));
    await expectAway(await fetch(`${mayfly.url}/file`, { method: 'PUT', body: streamOf(blob) }));
    const form = new FormData();
    form.append('file', new Blob([blob as BlobPart]));
    await expectAway(await fetch(`${mayfly.url}/`, { method: 'POST', body: form }));
    const json = JSON.stringify({ content: textOf('away', 200 * 1024), mime_type: 'text/plain' });
    await expectAway(await fetch(`${mayfly.url}/api/v1/payloads`, { method: 'POST', body: json }));
    await expectAway(await fetch(`${mayfly.url}/raw/${kept}`));

    expect(String(await readRaw(mayfly.url, earlier))).toBe('earlier');
    const duringOutage = await post(mayfly.url, { content: 'meanwhile' });
    expect(String(await readRaw(mayfly.url, duringOutage))).toBe('meanwhile');
    await remove(mayfly.url, earlier);
    expect(await statusOf(`${mayfly.url}/healthz`)).toBe(200);

    await s3.restart();
    await waitFor('S3 in /readyz', async () => (await statusOf(`${mayfly.url}/readyz`)) === 200);
    expect((await readRaw(mayfly.url, kept)).equals(blob)).toBe(true);
    const later = await put(mayfly.url, blob);
    expect((await readRaw(mayfly.url, later)).equals(blob)).toBe(true);

    await sweepUntilNothingWaits(mayfly.dataDir, s3.env);
    const { ids, blobKeys } = readStored(mayfly.dataDir);
    expect(ids.sort()).toEqual([kept, duringOutage, later].sort());
    expect((await s3.listKeys()).sort()).toEqual(blobKeys.map((key) => `blobs/${key}`));
    await mayfly.stop();
    await s3.stop();
  });

  test('deleted, fully read and expired payloads are not served, and are removed from S3 when it is available again', async () => {
    const s3 = await startS3();
    const mayfly = await startMayfly({ env: { ...s3.env, ...everySecond } });
    const content = textOf('deleted', 200 * 1024);
    const deleted = await post(mayfly.url, { content });
    const expiring = await post(mayfly.url, { content, ttl: 2 });
    const kept = await post(mayfly.url, { content });
    expect(await s3.listKeys()).toHaveLength(3);

    await s3.stop();
    await remove(mayfly.url, deleted);
    expect(await statusOf(`${mayfly.url}/raw/${deleted}`)).toBe(404);
    await waitFor('the expiry', async () => (await statusOf(`${mayfly.url}/raw/${expiring}`)) === 404);
    // Sweeps continue: they remove rows, and the blobs in S3 stay in the journal.
    await waitFor('the rows to go', () => readStored(mayfly.dataDir).ids.join() === kept);
    await waitFor('a failed removal', async () => {
      return (await readMetric(mayfly.url, 'mayfly_sweep_failures_total')) > 0;
    });
    expect(readStored(mayfly.dataDir).journalKeys).toHaveLength(2);

    await s3.restart();
    const { blobKeys } = readStored(mayfly.dataDir);
    await waitFor('S3 to hold only what has a row', async () => (await s3.listKeys()).length === 1, {
      timeoutMs: 30_000,
      everyMs: 100,
    });
    expect(await s3.listKeys()).toEqual(blobKeys.map((key) => `blobs/${key}`));
    await waitFor('an empty journal', () => readStored(mayfly.dataDir).journalKeys.length === 0);
    await mayfly.stop();
    await s3.stop();
  });

  test('a store that hangs delays neither inline payloads nor /readyz', async () => {
    const s3 = await startS3();
    const mayfly = await startMayfly({ clockless: true, env: s3.env });
    process.kill(s3.pid, 'SIGSTOP');
    try {
      let hangs = true;
      const hanging = fetch(`${mayfly.url}/file`, { method: 'PUT', body: blob as BodyInit }).finally(() => {
        hangs = false;
      });
      const id = await post(mayfly.url, { content: 'hello' });
      expect(String(await readRaw(mayfly.url, id))).toBe('hello');
      expect(await readiness(mayfly)).toEqual(withoutBlobs);
      expect(hangs).toBe(true);
      process.kill(s3.pid, 'SIGCONT');
      expect((await hanging).status).toBe(201);
    } finally {
      process.kill(s3.pid, 'SIGCONT');
    }
    await mayfly.stop();
    await s3.stop();
  });
});
