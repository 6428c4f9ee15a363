import { expect, test } from 'bun:test';
import { startMayfly } from '../support/mayfly-process.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf } from './content.ts';
import {
  confirm,
  confirmation,
  deleteFile,
  guestToken,
  presign,
  putBytes,
  readFile,
  withoutLimits,
} from './file-requests.ts';
import { statusOf } from './requests.ts';
import { readStored } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';
import { sweepOnce } from './sweep-command.ts';

const env = { ...withoutLimits, UPLOAD_LEASE: '1s', PRESIGN_TTL: '15s', LONGEST_UPLOAD: '1s' };
const bytes = bytesOf('upload', 200 * 1024);

/** 503 with Retry-After, in the shape of docs/contract/putput.md, "Errors". */
async function expectAway(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await response.json()).toEqual({
    error: { code: expect.any(String), message: expect.any(String), hint: expect.any(String) },
  });
}

await suiteWith(['versitygw'], 'uploads while S3 is unavailable', () => {
  test('a confirmation gets 503, loses nothing, and works when S3 is available again', async () => {
    const s3 = await startS3();
    const settings = { ...env, ...s3.env };
    const mayfly = await startMayfly({ clockless: true, env: settings });
    const { url, dataDir } = mayfly;
    const token = await guestToken(url);
    const deleted = await presign(url, token, bytes.length);
    await putBytes(deleted, bytes);
    const { id } = await confirm(url, token, deleted);
    const waiting = await presign(url, token, bytes.length);
    await putBytes(waiting, bytes);

    await s3.stop();
    await expectAway(await confirmation(url, token, waiting));
    await expectAway(await confirmation(url, token, waiting));
    expect(await statusOf(`${url}/f/${deleted.public_name}`)).toBe(503);
    const duringOutage = await presign(url, token, bytes.length);
    await deleteFile(url, token, id);
    expect(await statusOf(`${url}/f/${deleted.public_name}`)).toBe(404);
    expect(readStoredFiles(dataDir).uploads).toBe(2);
    // A sweep reports it by its exit code, and the blobs in S3 stay in the journal.
    await expect(sweepOnce(dataDir, settings)).rejects.toThrow(/"failures":[1-9]/);
    expect(readStored(dataDir).journalKeys.length).toBeGreaterThan(2);

    await s3.restart();
    await waitFor('S3 in /readyz', async () => (await statusOf(`${url}/readyz`)) === 200);
    await confirm(url, token, waiting);
    await putBytes(duringOutage, bytes);
    await confirm(url, token, duringOutage);
    for (const { public_name } of [waiting, duringOutage])
      expect((await readFile(url, public_name)).equals(bytes)).toBe(true);
    expect((await confirmation(url, token, waiting)).status).toBe(404);

    const isAtRest = async () => {
      await sweepOnce(dataDir, settings);
      return readStored(dataDir).journalKeys.length === 0;
    };
    await waitFor('an empty journal', isAtRest, { timeoutMs: 40_000, everyMs: 500 });
    const { keys, blobKeys, wrongBooks, blobBytes } = readStoredFiles(dataDir);
    expect(keys.sort()).toEqual([waiting.public_name, duringOutage.public_name].sort());
    expect((await s3.listKeys()).sort()).toEqual(blobKeys.map((key) => `blobs/${key}`));
    expect(wrongBooks).toEqual([]);
    expect(blobBytes).toEqual({ metered: 2 * bytes.length, summed: 2 * bytes.length });
    await mayfly.stop();
    await s3.stop();
  }, 90_000);

  test('a confirmation that waits for S3 succeeds when S3 continues', async () => {
    const s3 = await startS3();
    const mayfly = await startMayfly({ clockless: true, env: { ...env, ...s3.env, PRESIGN_TTL: '1h' } });
    const token = await guestToken(mayfly.url);
    const presigned = await presign(mayfly.url, token, bytes.length);
    await putBytes(presigned, bytes);
    process.kill(s3.pid, 'SIGSTOP');
    try {
      let hangs = true;
      const hanging = confirmation(mayfly.url, token, presigned).finally(() => {
        hangs = false;
      });
      await presign(mayfly.url, token, bytes.length);
      expect(hangs).toBe(true);
      process.kill(s3.pid, 'SIGCONT');
      expect((await hanging).status).toBe(200);
    } finally {
      process.kill(s3.pid, 'SIGCONT');
    }
    expect((await readFile(mayfly.url, presigned.public_name)).equals(bytes)).toBe(true);
    await mayfly.stop();
    await s3.stop();
  });
});
