import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { openBlobs } from '../support/open-blobs.ts';
import { startDownload } from '../support/pausable-download.ts';
import { openSocket } from '../support/piecewise-request.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf } from './content.ts';
import { put, readRaw, statusOf } from './requests.ts';
import { readStored } from './stored.ts';

setDefaultTimeout(180_000);

const large = bytesOf('broken download', 8 * 1024 * 1024);
const moreThanSocketsHold = bytesOf('stalled download', 32 * 1024 * 1024);
const downloads = 60;

/** Asks for the same download many times and closes each connection early. */
async function breakOffMany({ port }: MayflyProcess, path: string): Promise<void> {
  // Some after bytes arrived, some before the response.
  const begun = await Promise.all(Array.from({ length: downloads }, () => startDownload(port, path)));
  for (const download of begun) download.breakOff();
  await Promise.all(
    Array.from({ length: downloads }, async () => {
      const socket = await openSocket(port);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      socket.destroySoon();
    }),
  );
}

async function survivesBrokenDownloads(runtime: Runtime, env: Record<string, string> = {}): Promise<void> {
  const mayfly = await startMayfly({ runtime, clockless: true, env });
  const id = await put(mayfly.url, large);
  const larger = await put(mayfly.url, moreThanSocketsHold);
  const stalled = await startDownload(mayfly.port, `/raw/${larger}`);
  stalled.pause();
  // Proves that the check below can find open files: a stalled download keeps its file open.
  const isOnDisk = env.S3_BUCKET === undefined;
  if (isOnDisk) await waitFor('an open blob', () => openBlobs(mayfly).length === 1);
  stalled.breakOff();
  for (let round = 0; round < 3; round += 1) {
    await breakOffMany(mayfly, `/raw/${id}`);
    await breakOffMany(mayfly, `/api/v1/payloads/${id}`);
  }
  expect(await statusOf(`${mayfly.url}/raw/${id}`, { method: 'HEAD' })).toBe(200);
  await waitFor('every blob to be closed', () => openBlobs(mayfly).length === 0);
  expect((await readRaw(mayfly.url, id)).equals(large)).toBe(true);
  expect(readStored(mayfly.dataDir).ids.sort()).toEqual([id, larger].sort());
  expect(await mayfly.stop()).toBe(0);
}

describe('downloads that are cut off', () => {
  test('leave no file open, and the server continues', () => survivesBrokenDownloads('bun'));
});

await suiteWith(['deno'], 'downloads that are cut off, on Deno', () => {
  test('leave no file open, and the server continues', () => survivesBrokenDownloads('deno'));
});

await suiteWith(['node'], 'downloads that are cut off, on Node', () => {
  test('leave no file open, and the server continues', () => survivesBrokenDownloads('node'));
});

await suiteWith(['versitygw'], 'downloads that are cut off, with S3', () => {
  test('leave no connection to the store open, and the server continues', async () => {
    const s3 = await startS3();
    await survivesBrokenDownloads('bun', s3.env);
    await s3.stop();
  });
});
