import { expect, test } from 'bun:test';
import type { Begun, Part } from '../api/uploadkit/client.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { operatorOutput } from '../support/operator.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { bytesOf } from './content.ts';
import { readFile, withoutLimits } from './file-requests.ts';
import { expectBrokenOff, killAmidLoad } from './kill-amid-load.ts';
import { expectNoOrphansInS3, expectNoOrphansOnDisk } from './no-orphans.ts';
import { putPart } from './requests.ts';
import { lapseUploads } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

const rounds = roundsOr(3);
const writers = 6;
const partSize = 5 * 1024 * 1024;
const size = partSize + 7;
const film = { fileName: 'film.mp4', fileSize: size, contentType: 'video/mp4', routeSlug: 'films' };
const env = {
  ...withoutLimits,
  UPLOAD_LEASE: '1s',
  LONGEST_UPLOAD: '1s',
  LOG_LEVEL: 'warn',
};

type Complete = { begun: Begun; parts: Part[]; name: string };
/** What was acknowledged, and what was not completed when the server was killed. */
type Ledger = { kept: Map<string, string>; waiting: Complete[] };

async function call(url: string, apiKey: string, path: string, body: object): Promise<unknown> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v1/upload/multipart/${path}`, {
    ...{ method: 'POST', headers, body: JSON.stringify(body) },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text);
}

const complete = (url: string, apiKey: string, { begun, parts }: Complete) =>
  call(url, apiKey, 'complete', { fileId: begun.fileId, uploadId: begun.uploadId, parts });

/** One program: uploads in parts, of which some are aborted or abandoned, until the server is killed. */
async function upload(url: string, apiKey: string, round: string, ledger: Ledger): Promise<void> {
  for (let count = 0; ; count += 1) {
    const name = `${round} ${count}`;
    let waiting: Complete | undefined;
    try {
      const begun = (await call(url, apiKey, 'init', film)) as Begun;
      const content = bytesOf(name, size);
      const parts: Part[] = [];
      for (const { partNumber, uploadUrl } of begun.parts) {
        const body = content.subarray((partNumber - 1) * partSize, partNumber * partSize);
        parts.push({ partNumber, etag: await putPart(uploadUrl, body) });
        if (count % 5 === 3) break;
      }
      if (count % 5 === 3) continue;
      if (count % 5 === 4) {
        await call(url, apiKey, 'abort', { fileId: begun.fileId, uploadId: begun.uploadId });
        continue;
      }
      waiting = { begun, parts, name };
      await complete(url, apiKey, waiting);
      ledger.kept.set(begun.key, name);
    } catch (error) {
      expectBrokenOff(error);
      if (waiting) ledger.waiting.push(waiting);
      return;
    }
  }
}

async function losses(url: string, kept: Map<string, string>): Promise<string[]> {
  const lost: string[] = [];
  for (const [key, name] of kept) {
    const found = await readFile(url, key).catch((error) => error as Error);
    if (found instanceof Error) lost.push(found.message);
    else if (!found.equals(bytesOf(name, size))) lost.push(`${key}: other bytes`);
  }
  return lost;
}

/** Kills the server of one data directory repeatedly. @returns The directory, when all uploads have expired. */
async function survivesKills(settings: Record<string, string>): Promise<string> {
  let mayfly = await startMayfly({ clockless: true, env: settings });
  const { dataDir } = mayfly;
  const apiKey = await operatorOutput(dataDir, [
    'keys',
    'create',
    '--kind',
    'uploadkit',
    '--account',
    'acme',
  ]);
  await operatorOutput(dataDir, ['routes', 'create', 'films', '--account', 'acme', '--max-size', '10MB']);
  const all = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    const ledger: Ledger = { kept: new Map(), waiting: [] };
    // Otherwise only chance decides whether the kill meets an upload that is never completed.
    await call(mayfly.url, apiKey, 'init', film);
    const load = Array.from({ length: writers }, (_, writer) =>
      upload(mayfly.url, apiKey, `${round} ${writer}`, ledger),
    );
    await killAmidLoad(mayfly, load, () => ledger.kept.size > 1, 400);
    mayfly = await startMayfly({ clockless: true, env: settings, dataDir, readyWithinMs: 60_000 });
    // Complete it now, whether or not it was completed before: a repeated completion returns the same
    // (docs/contract/uploadkit.md, "Completing an upload").
    for (const each of ledger.waiting) {
      await complete(mayfly.url, apiKey, each);
      ledger.kept.set(each.begun.key, each.name);
    }
    expect(await losses(mayfly.url, ledger.kept)).toEqual([]);
    expect(readStoredFiles(dataDir).wrongBooks).toEqual([]);
    for (const [key, name] of ledger.kept) all.set(key, name);
  }
  expect(readStoredFiles(dataDir).uploads).toBeGreaterThan(0);
  lapseUploads(dataDir);
  await sweepUntilNothingWaits(dataDir, settings);
  expect(await losses(mayfly.url, all)).toEqual([]);
  const { keys, wrongBooks, blobBytes } = readStoredFiles(dataDir);
  expect(keys.sort()).toEqual([...all.keys()].sort());
  expect(wrongBooks).toEqual([]);
  expect(blobBytes).toEqual({ metered: all.size * size, summed: all.size * size });
  // `mayfly check` agrees.
  await operatorOutput(dataDir, ['check'], settings);
  await mayfly.stop();
  return dataDir;
}

test(
  'kills during uploads in parts lose nothing acknowledged, and leave no part behind on disk',
  async () => {
    const dataDir = await survivesKills(env);
    expectNoOrphansOnDisk(dataDir);
  },
  limitOf(rounds),
);

await suiteWith(['versitygw'], 'kills during uploads in parts straight to S3', () => {
  test(
    'lose nothing acknowledged, and leave neither blobs nor parts behind in S3',
    async () => {
      const s3 = await startS3();
      const dataDir = await survivesKills({ ...env, ...s3.env });
      await expectNoOrphansInS3(dataDir, s3);
      await s3.stop();
    },
    limitOf(rounds),
  );
});
