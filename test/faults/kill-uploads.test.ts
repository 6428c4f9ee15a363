import { expect, test } from 'bun:test';
import type { Presigned } from '../api/putput/client.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { operatorOutput } from '../support/operator.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { bytesOf } from './content.ts';
import {
  confirm,
  deleteFile,
  guestToken,
  presign,
  putBytes,
  readFile,
  withoutLimits,
} from './file-requests.ts';
import { expectBrokenOff, killAmidLoad } from './kill-amid-load.ts';
import { expectNoOrphansInS3, expectNoOrphansOnDisk } from './no-orphans.ts';
import { statusOf } from './requests.ts';
import { lapseUploads } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

const rounds = roundsOr(3);

/** What was acknowledged. Contents follow from their names, so that no copy is needed for a comparison. */
type Ledger = {
  /** The name of the confirmed content, by the public name. */
  kept: Map<string, string>;
  deleted: Set<string>;
  /** PUTs that were acknowledged and not confirmed before the kill: they can be confirmed after it. */
  received: { token: string; presigned: Presigned; name: string }[];
};

const writers = 16;
const [inlineSize, blobSize, largeSize] = [1500, 80 * 1024, 2 * 1024 * 1024] as const;
const env = {
  ...withoutLimits,
  UPLOAD_LEASE: '1s',
  LONGEST_UPLOAD: '1s',
  LOG_LEVEL: 'warn',
};

function sizeOf(count: number): number {
  if (count % 3 === 0) return inlineSize;
  return count % 8 === 1 ? largeSize : blobSize;
}

/** One program: presign, PUT (some twice), confirm, and delete some again, until the server is killed. */
async function upload(url: string, token: string, round: string, ledger: Ledger): Promise<void> {
  for (let count = 0; ; count += 1) {
    const name = `${round} ${count}`;
    const size = sizeOf(count);
    let received: Ledger['received'][number] | undefined;
    try {
      const presigned = await presign(url, token, size);
      if (count % 5 === 0) await putBytes(presigned, bytesOf(`${name} first`, size));
      await putBytes(presigned, bytesOf(name, size));
      if (count % 7 === 6) continue;
      received = { token, presigned, name };
      const { id, public_name } = await confirm(url, token, presigned);
      received = undefined;
      if (count % 4 === 2) {
        // A file whose deletion is not acknowledged may exist or not, so it is not checked.
        await deleteFile(url, token, id);
        ledger.deleted.add(public_name);
      } else ledger.kept.set(public_name, name);
    } catch (error) {
      expectBrokenOff(error);
      if (received) ledger.received.push(received);
      return;
    }
  }
}

async function uploadAndKill(mayfly: MayflyProcess, tokens: string[], round: number): Promise<Ledger> {
  const ledger: Ledger = { kept: new Map(), deleted: new Set(), received: [] };
  const [token = ''] = tokens;
  // Otherwise only chance decides whether the kill meets these: one without its bytes, one that is not confirmed.
  await presign(mayfly.url, token, inlineSize);
  const presigned = await presign(mayfly.url, token, blobSize);
  const name = `${round} unconfirmed`;
  await putBytes(presigned, bytesOf(name, blobSize));
  ledger.received.push({ token, presigned, name });
  const load = tokens.map((token, writer) => upload(mayfly.url, token, `${round} ${writer}`, ledger));
  await killAmidLoad(mayfly, load, () => ledger.kept.size > 0 && ledger.deleted.size > 0, 300);
  return ledger;
}

/** Acknowledged files that have changed. */
async function losses(url: string, { kept, deleted }: Ledger): Promise<string[]> {
  const lost: string[] = [];
  for (const [publicName, name] of kept) {
    const found = await readFile(url, publicName).catch((error) => error as Error);
    if (found instanceof Error) lost.push(found.message);
    else if (!found.equals(bytesOf(name, found.length)) || found.length === 0)
      lost.push(`${publicName}: other bytes`);
  }
  for (const publicName of deleted)
    if ((await statusOf(`${url}/f/${publicName}`)) !== 404)
      lost.push(`${publicName}: deleted, and there again`);
  return lost;
}

/**
 * Confirms what was PUT before the kill. It may have been confirmed without a response: then the file
 * exists, and the upload does not.
 */
async function confirmReceived(url: string, { received, kept }: Ledger): Promise<void> {
  for (const { token, presigned, name } of received) {
    const outcome = await confirm(url, token, presigned).catch((error) => error as Error);
    if (outcome instanceof Error && !outcome.message.startsWith('404 ')) throw outcome;
    kept.set(presigned.public_name, name);
  }
}

/** Kills the server of one data directory repeatedly. @returns The directory, when all uploads have expired. */
async function survivesKills(settings: Record<string, string>): Promise<string> {
  const all: Ledger = { kept: new Map(), deleted: new Set(), received: [] };
  let mayfly = await startMayfly({ clockless: true, env: settings });
  const { dataDir } = mayfly;
  const tokens = await Promise.all(Array.from({ length: writers }, () => guestToken(mayfly.url)));
  for (let round = 0; round < rounds; round += 1) {
    const ledger = await uploadAndKill(mayfly, tokens, round);
    mayfly = await startMayfly({ clockless: true, env: settings, dataDir, readyWithinMs: 60_000 });
    await confirmReceived(mayfly.url, ledger);
    expect(await losses(mayfly.url, ledger)).toEqual([]);
    expect(readStoredFiles(dataDir).wrongBooks).toEqual([]);
    for (const [publicName, name] of ledger.kept) all.kept.set(publicName, name);
    for (const publicName of ledger.deleted) all.deleted.add(publicName);
    all.received.push(...ledger.received);
  }
  // The test needs something that could be lost, something to sweep, and something to confirm late.
  expect(all.kept.size).toBeGreaterThan(rounds);
  expect(all.deleted.size).toBeGreaterThan(0);
  expect(all.received.length).toBeGreaterThan(0);
  expect(readStoredFiles(dataDir).uploads).toBeGreaterThan(0);
  lapseUploads(dataDir);
  await sweepUntilNothingWaits(dataDir, settings);
  expect(await losses(mayfly.url, all)).toEqual([]);
  const { keys, wrongBooks, blobBytes, strayContents } = readStoredFiles(dataDir);
  for (const publicName of all.kept.keys()) expect(keys).toContain(publicName);
  expect(wrongBooks).toEqual([]);
  expect(blobBytes.metered).toBe(blobBytes.summed);
  expect(strayContents).toBe(0);
  // `mayfly check` agrees.
  await operatorOutput(dataDir, ['check'], settings);
  await mayfly.stop();
  return dataDir;
}

test(
  'kills during presigned uploads lose nothing acknowledged, and leave exact usage and no orphan on disk',
  async () => {
    const dataDir = await survivesKills(env);
    expectNoOrphansOnDisk(dataDir);
  },
  limitOf(rounds),
);

await suiteWith(['versitygw'], 'kills during uploads straight to S3', () => {
  test(
    'lose nothing acknowledged, and leave exact usage and no orphan in S3',
    async () => {
      const s3 = await startS3();
      const dataDir = await survivesKills({ ...env, ...s3.env });
      await expectNoOrphansInS3(dataDir, s3);
      await s3.stop();
    },
    limitOf(rounds),
  );
});
