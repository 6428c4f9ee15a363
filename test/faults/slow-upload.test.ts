import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { type RawRequest, startRequest, uploadedId } from '../support/piecewise-request.ts';
import { type S3Server, startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf } from './content.ts';
import { readMetric } from './metrics.ts';
import { readRaw } from './requests.ts';
import { changeDatabase, readStored } from './stored.ts';
import { sweepOnce, sweepUntilNothingWaits } from './sweep-command.ts';

setDefaultTimeout(60_000);

const everySecond = { SWEEP_CRON: '* * * * * *', UPLOAD_LEASE: '1s' };
const leases = 3;
const bytes = bytesOf('slow', 400 * 1024);

/** Sends the first half, which is too large to be inline, and waits until it is in the journal. */
async function sendFirstHalf({ port, dataDir }: MayflyProcess, contentLength?: number): Promise<RawRequest> {
  const upload = await startRequest(port, { contentLength });
  await upload.send(bytes.subarray(0, bytes.length / 2));
  await waitFor('a journal record', () => readStored(dataDir).journalKeys.length === 1);
  return upload;
}

async function sendSecondHalf(upload: RawRequest): Promise<void> {
  await upload.send(bytes.subarray(bytes.length / 2));
}

/** Continues an upload slowly until the server has swept as many times as leases expire. */
async function outlastSweeps(mayfly: MayflyProcess): Promise<void> {
  const swept = new Set<number>();
  const started = performance.now();
  await waitFor(`${leases} sweeps`, async () => {
    swept.add(await readMetric(mayfly.url, 'mayfly_last_sweep_timestamp_seconds'));
    return swept.size > leases && performance.now() - started > leases * 1000;
  });
}

async function expectWhole(mayfly: MayflyProcess, upload: RawRequest, s3?: S3Server): Promise<void> {
  const id = uploadedId(await upload.answer);
  expect((await readRaw(mayfly.url, id)).equals(bytes)).toBe(true);
  await sweepUntilNothingWaits(mayfly.dataDir, s3?.env);
  expect((await readRaw(mayfly.url, id)).equals(bytes)).toBe(true);
}

async function expectRefusedWithoutTrace(mayfly: MayflyProcess, upload: RawRequest): Promise<void> {
  const { status, headers, body } = await upload.answer;
  expect({ status, body }).toEqual({ status: 503, body: expect.stringContaining('"error":') });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  await sweepUntilNothingWaits(mayfly.dataDir);
  const { ids, files } = readStored(mayfly.dataDir);
  expect({ ids, files }).toEqual({ ids: [], files: [] });
}

describe('an upload that takes several leases', () => {
  for (const [how, contentLength] of [
    ['of a known length', bytes.length],
    ['in chunks', undefined],
  ] as const) {
    test(`${how}, is not affected by sweeps of its server and of a second process`, async () => {
      const mayfly = await startMayfly({ env: everySecond });
      const upload = await sendFirstHalf(mayfly, contentLength);
      await outlastSweeps(mayfly);
      expect(await sweepOnce(mayfly.dataDir)).toMatchObject({ payloads: 0, blobs: 0, failures: 0 });
      expect(readStored(mayfly.dataDir).files).toHaveLength(1);
      await sendSecondHalf(upload);
      if (contentLength === undefined) await upload.finish();
      await expectWhole(mayfly, upload);
      await mayfly.stop();
    });
  }
});

describe('an upload that lost its lease', () => {
  test('because its record was removed, fails and leaves nothing behind', async () => {
    const mayfly = await startMayfly({ clockless: true, env: { UPLOAD_LEASE: '1s' } });
    const upload = await sendFirstHalf(mayfly, bytes.length);
    expect(changeDatabase(mayfly.dataDir, 'DELETE FROM blob_journal')).toBe(1);
    await sendSecondHalf(upload);
    await expectRefusedWithoutTrace(mayfly, upload);
    await mayfly.stop();
  });

  test('because its server was stopped while another process swept, fails and leaves nothing behind', async () => {
    const mayfly = await startMayfly({ clockless: true, env: { UPLOAD_LEASE: '1s' } });
    const upload = await sendFirstHalf(mayfly, bytes.length);
    process.kill(mayfly.pid, 'SIGSTOP');
    await waitFor('the lease to run out', async () => (await sweepOnce(mayfly.dataDir)).blobs === 1);
    expect(readStored(mayfly.dataDir).files).toEqual([]);
    process.kill(mayfly.pid, 'SIGCONT');
    await sendSecondHalf(upload);
    await expectRefusedWithoutTrace(mayfly, upload);
    await mayfly.stop();
  });
});

await suiteWith(['versitygw'], 'slow uploads to S3', () => {
  for (const [how, contentLength] of [
    ['of a known length', bytes.length],
    ['in chunks', undefined],
  ] as const) {
    test(`${how}, are not affected by sweeps`, async () => {
      const s3 = await startS3();
      const mayfly = await startMayfly({ env: { ...everySecond, ...s3.env } });
      const upload = await sendFirstHalf(mayfly, contentLength);
      await outlastSweeps(mayfly);
      await sendSecondHalf(upload);
      if (contentLength === undefined) await upload.finish();
      await expectWhole(mayfly, upload, s3);
      expect(await s3.listMultipartUploads()).toEqual([]);
      await mayfly.stop();
      await s3.stop();
    });
  }
});
