import { expect, test } from 'bun:test';
import type { Begun, Part } from '../api/payloads/upload-client.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { operatorOutput } from '../support/operator.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { bytesOf } from './content.ts';
import { expectBrokenOff, killAmidLoad } from './kill-amid-load.ts';
import { expectNoOrphansInS3, expectNoOrphansOnDisk } from './no-orphans.ts';
import { putPart } from './requests.ts';
import { lapseUploads, readStored } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

const rounds = roundsOr(3);
const writers = 5;
const partSize = 5 * 1024 * 1024;
const size = partSize + 7;
const env = { UPLOAD_LEASE: '1s', LONGEST_UPLOAD: '1s', LOG_LEVEL: 'warn' };

type Waiting = { begun: Begun; parts: Part[]; name: string };
/** What was acknowledged, by the payload's id, and what was not completed when the server was killed. */
type Ledger = { kept: Map<string, string>; waiting: Waiting[] };

async function call(
  url: string,
  method: string,
  path: string,
  body?: object,
  key?: string,
): Promise<Response> {
  const response = await fetch(`${url}/api/v1/payloads/uploads${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (response.status >= 400) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}

async function complete(url: string, { begun, parts }: Waiting): Promise<string> {
  const response = await call(url, 'POST', `/${begun.upload_id}/complete`, { parts });
  return ((await response.json()) as { hash_id: string }).hash_id;
}

/** One program: uploads in parts, of which some are aborted or abandoned, until the server is killed. */
async function upload(url: string, round: string, ledger: Ledger, key?: string): Promise<void> {
  for (let count = 0; ; count += 1) {
    const name = `${round} ${count}`;
    let waiting: Waiting | undefined;
    try {
      const beginning = await call(url, 'POST', '', { size, mime_type: 'video/mp4' }, key);
      const begun = (await beginning.json()) as Begun;
      const content = bytesOf(name, size);
      const parts: Part[] = [];
      for (const { number, url: address } of begun.parts) {
        const body = content.subarray((number - 1) * partSize, number * partSize);
        parts.push({ number, etag: await putPart(address, body) });
        if (count % 5 === 3) break;
      }
      if (count % 5 === 3) continue;
      if (count % 5 === 4) {
        await call(url, 'DELETE', `/${begun.upload_id}`);
        continue;
      }
      waiting = { begun, parts, name };
      ledger.kept.set(await complete(url, waiting), name);
    } catch (error) {
      expectBrokenOff(error);
      if (waiting) ledger.waiting.push(waiting);
      return;
    }
  }
}

async function losses(url: string, kept: Map<string, string>): Promise<string[]> {
  const lost: string[] = [];
  for (const [id, name] of kept) {
    const response = await fetch(`${url}/raw/${id}`);
    const content = Buffer.from(await response.bytes());
    if (response.status !== 200 || !content.equals(bytesOf(name, size)))
      lost.push(`${id}: ${response.status}`);
  }
  return lost;
}

/**
 * Kills the server of one data directory repeatedly.
 *
 * @param withKey Whether an account owns the payloads: only then do parts go straight to S3.
 * @returns The directory, when all uploads have expired.
 */
async function survivesKills(settings: Record<string, string>, withKey: boolean): Promise<string> {
  let mayfly = await startMayfly({ clockless: true, env: settings });
  const { dataDir } = mayfly;
  const newKey = ['keys', 'create', '--kind', 'payload', '--account', 'acme'];
  const key = withKey ? await operatorOutput(dataDir, newKey, settings) : undefined;
  const all = new Map<string, string>();
  /** Payloads that were created without a response. */
  let untold = 0;
  for (let round = 0; round < rounds; round += 1) {
    const ledger: Ledger = { kept: new Map(), waiting: [] };
    const load = Array.from({ length: writers }, (_, writer) =>
      upload(mayfly.url, `${round} ${writer}`, ledger, key),
    );
    await killAmidLoad(mayfly, load, () => ledger.kept.size > 1, 400);
    mayfly = await startMayfly({ clockless: true, env: settings, dataDir, readyWithinMs: 60_000 });
    for (const each of ledger.waiting) {
      const id = await complete(mayfly.url, each).catch((error: Error) => error);
      if (!(id instanceof Error)) {
        ledger.kept.set(id, each.name);
        continue;
      }
      expect(id.message).toStartWith('404 ');
      if (Date.now() < Date.parse(each.begun.expires_at)) untold += 1;
    }
    expect(await losses(mayfly.url, ledger.kept)).toEqual([]);
    expect(readStoredFiles(dataDir).wrongBooks).toEqual([]);
    for (const [id, name] of ledger.kept) all.set(id, name);
  }
  lapseUploads(dataDir);
  await sweepUntilNothingWaits(dataDir, settings);
  expect(await losses(mayfly.url, all)).toEqual([]);
  const { ids } = readStored(dataDir);
  expect([...all.keys()].filter((id) => !ids.includes(id))).toEqual([]);
  expect(ids.length - all.size).toBeGreaterThanOrEqual(untold);
  const { wrongBooks, blobBytes } = readStoredFiles(dataDir);
  expect(wrongBooks).toEqual([]);
  expect(blobBytes).toEqual({ metered: ids.length * size, summed: ids.length * size });
  // `mayfly check` agrees.
  await operatorOutput(dataDir, ['check'], settings);
  await mayfly.stop();
  return dataDir;
}

test(
  'kills during payloads in parts lose nothing acknowledged, and leave no part behind on disk',
  async () => {
    const dataDir = await survivesKills(env, false);
    expectNoOrphansOnDisk(dataDir);
  },
  limitOf(rounds),
);

await suiteWith(['versitygw'], 'kills during payloads in parts straight to S3', () => {
  test(
    'lose nothing acknowledged, and leave neither blobs nor parts behind in S3',
    async () => {
      const s3 = await startS3();
      const dataDir = await survivesKills({ ...env, ...s3.env }, true);
      await expectNoOrphansInS3(dataDir, s3);
      await s3.stop();
    },
    limitOf(rounds),
  );
});
