import { expect, test } from 'bun:test';
import type { Part, Upload } from '../api/buckets/upload-client.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { operatorOutput } from '../support/operator.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import {
  type BucketClient,
  completeUpload,
  copyObject,
  createBucket,
  deleteObject,
  deleteObjects,
  getObject,
  held,
  putObject,
  putPart,
  shown,
  startUpload,
} from './bucket-requests.ts';
import { bytesOf } from './content.ts';
import { withoutLimits } from './file-requests.ts';
import { expectBrokenOff, killAmidLoad } from './kill-amid-load.ts';
import { expectNoOrphansInS3, expectNoOrphansOnDisk } from './no-orphans.ts';
import { type Content, ObjectLedger } from './object-ledger.ts';
import { lapseUploads } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

const rounds = roundsOr(3);
const bucket = 'killed-now-and-then';
const writers = 8;
const [inlineSize, blobSize, largeSize] = [1500, 80 * 1024, 1024 * 1024] as const;
const partSize = 5 * 1024 * 1024;
const env = { ...withoutLimits, UPLOAD_LEASE: '1s', LONGEST_UPLOAD: '1s', LOG_LEVEL: 'warn' };

/** An upload whose parts were all acknowledged before the kill, but not its completion. */
type Waiting = { begun: Upload; parts: Part[]; content: Content };

function sizeOf(count: number): number {
  if (count % 3 === 0) return inlineSize;
  return count % 8 === 1 ? largeSize : blobSize;
}

/** One program: puts, replaces, copies, completes and deletes until the server is killed. */
async function work(client: BucketClient, round: string, ledger: ObjectLedger, waiting: Waiting[]) {
  const put = (key: string, content: Content) =>
    ledger.changing([key], content, () =>
      putObject(client, bucket, key, bytesOf(content.name, content.size)),
    );
  for (let count = 0; ; count += 1) {
    const key = `${round}/${count}`;
    const content = { name: key, size: sizeOf(count) };
    try {
      await put(key, content);
      await ledger.changing([`${key}/copy of`], content, () =>
        copyObject(client, bucket, key, `${key}/copy of`),
      );
      if (count % 3 === 1) await put(key, { name: `${key} again`, size: sizeOf(count + 1) });
      await putTogether(client, `${key}/parts`, count, ledger, waiting);
      if (count % 4 === 2) await ledger.changing([key], undefined, () => deleteObject(client, bucket, key));
      if (count % 5 === 3) {
        const made = [key, `${key}/copy of`, `${key}/parts`];
        const keys = made.filter((each) => ledger.certain(each) !== undefined);
        await ledger.changing(keys, undefined, () => deleteObjects(client, bucket, keys));
      }
    } catch (error) {
      expectBrokenOff(error);
      return;
    }
  }
}

/** An upload in parts, usually of one and sometimes of two; some are never completed. */
async function putTogether(
  client: BucketClient,
  key: string,
  count: number,
  ledger: ObjectLedger,
  waiting: Waiting[],
): Promise<void> {
  const content = { name: key, size: count % 6 === 5 ? partSize + 7 : blobSize };
  const bytes = bytesOf(content.name, content.size);
  const begun = await startUpload(client, bucket, key);
  const parts: Part[] = [];
  for (let from = 0; from < bytes.length; from += partSize) {
    const piece = bytes.subarray(from, from + partSize);
    if (count % 4 === 1) await putPart(client, begun, parts.length + 1, bytesOf('first', 100));
    parts.push(await putPart(client, begun, parts.length + 1, piece));
  }
  if (count % 9 === 8) return;
  const entry = { begun, parts, content };
  waiting.push(entry);
  await ledger.changing([key], content, async () => {
    expect(await completeUpload(client, begun, parts)).toBe(true);
  });
  waiting.splice(waiting.indexOf(entry), 1);
}

/** Starts an upload that lacks only its completion. */
async function received(client: BucketClient, key: string): Promise<Waiting> {
  const content = { name: key, size: blobSize };
  const begun = await startUpload(client, bucket, key);
  const parts = [await putPart(client, begun, 1, bytesOf(content.name, content.size))];
  return { begun, parts, content };
}

/** Objects that differ from what was acknowledged, or that no one wrote. */
async function losses(client: BucketClient, ledger: ObjectLedger, keys: string[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const key of keys) {
    const found = ledger.settle(key, await getObject(client, bucket, key));
    if (found !== undefined) wrong.push(found);
  }
  const { sizes } = await shown(client, bucket);
  const expected = ledger.sizes();
  for (const [key, size] of sizes)
    if (expected.get(key) !== size) wrong.push(`${key} is listed with ${size} bytes`);
  for (const key of expected.keys()) if (!sizes.has(key)) wrong.push(`${key} is not listed`);
  return wrong;
}

/** The numbers of the API match the objects that it lists, and the booked usage matches the rows. */
async function expectExactBooks(client: BucketClient, dataDir: string, ledger: ObjectLedger): Promise<void> {
  const sizes = [...ledger.sizes().values()];
  const sum = { objectCount: sizes.length, sizeBytes: sizes.reduce((total, size) => total + size, 0) };
  const { objectCount, sizeBytes } = await shown(client, bucket);
  expect({ objectCount, sizeBytes }).toEqual(sum);
  expect(readStoredFiles(dataDir).wrongBooks).toEqual([]);
  expect(readStoredFiles(dataDir).wrongBuckets).toEqual([]);
}

/** Kills the server of one data directory repeatedly. @returns The directory, when all uploads have expired. */
async function survivesKills(settings: Record<string, string>): Promise<string> {
  let mayfly = await startMayfly({ clockless: true, env: settings });
  const { dataDir } = mayfly;
  const key = await operatorOutput(dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'acme']);
  await createBucket({ url: mayfly.url, key }, bucket);
  const ledger = new ObjectLedger();
  let late = 0;
  for (let round = 0; round < rounds; round += 1) {
    const waiting: Waiting[] = [];
    const before = new Set(ledger.keys);
    const client = { url: mayfly.url, key };
    // Otherwise only chance decides whether there are these: an object that was deleted, an upload without its parts,
    // and one that is not completed.
    const deleted = `${round}/deleted`;
    const content = { name: deleted, size: blobSize };
    await ledger.changing([deleted], content, () =>
      putObject(client, bucket, deleted, bytesOf(content.name, content.size)),
    );
    await ledger.changing([deleted], undefined, () => deleteObject(client, bucket, deleted));
    await startUpload(client, bucket, `${round}/abandoned`);
    waiting.push(await received(client, `${round}/late`));
    const load = Array.from({ length: writers }, (_, writer) =>
      work(client, `${round}/${writer}`, ledger, waiting),
    );
    await killAmidLoad(mayfly, load, () => ledger.keys.length > before.size + 60, 400);
    mayfly = await startMayfly({ clockless: true, env: settings, dataDir, readyWithinMs: 60_000 });
    const again = { url: mayfly.url, key };
    const touched = ledger.keys.filter((each) => !before.has(each));
    expect(await losses(again, ledger, touched)).toEqual([]);
    await expectExactBooks(again, dataDir, ledger);
    for (const { begun, parts, content } of waiting) {
      const isThere = ledger.certain(begun.key) !== undefined;
      // It was completed without a response; or it was not, and then all of its parts exist and it can be completed
      // now.
      await ledger.changing([begun.key], content, async () => {
        expect(await completeUpload(again, begun, parts)).toBe(!isThere);
      });
      late += 1;
    }
    expect(
      await losses(
        again,
        ledger,
        waiting.map(({ begun }) => begun.key),
      ),
    ).toEqual([]);
  }
  // The test needs something that could be lost, something to sweep, and something to complete late.
  expect(ledger.sizes().size).toBeGreaterThan(10 * rounds);
  expect(ledger.sizes().size).toBeLessThan(ledger.keys.length);
  expect(late).toBeGreaterThan(0);
  expect(readStoredFiles(dataDir).uploads).toBeGreaterThan(0);
  lapseUploads(dataDir);
  await sweepUntilNothingWaits(dataDir, settings);
  const client = { url: mayfly.url, key };
  expect(await losses(client, ledger, ledger.keys)).toEqual([]);
  await expectExactBooks(client, dataDir, ledger);
  const sizes = [...ledger.sizes().values()];
  expect(await held(client)).toEqual({
    objectCount: sizes.length,
    storageBytes: sizes.reduce((sum, size) => sum + size, 0),
  });
  const { blobBytes, strayContents } = readStoredFiles(dataDir);
  expect(blobBytes.metered).toBe(blobBytes.summed);
  expect(strayContents).toBe(0);
  // `mayfly check` agrees.
  await operatorOutput(dataDir, ['check'], settings);
  await mayfly.stop();
  return dataDir;
}

test(
  'kills during writes to a bucket lose nothing acknowledged, and leave exact usage and no orphan on disk',
  async () => {
    const dataDir = await survivesKills(env);
    expectNoOrphansOnDisk(dataDir);
  },
  limitOf(rounds),
);

await suiteWith(['versitygw'], 'kills during writes to a bucket in S3', () => {
  test(
    'lose nothing acknowledged, and leave exact usage and no orphan',
    async () => {
      const s3 = await startS3();
      const dataDir = await survivesKills({ ...env, ...s3.env });
      await expectNoOrphansInS3(dataDir, s3);
      await s3.stop();
    },
    limitOf(rounds),
  );
});
