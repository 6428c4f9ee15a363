import { expect, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { type S3Server, startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { bytesOf, textOf } from './content.ts';
import { expectBrokenOff, killAmidLoad } from './kill-amid-load.ts';
import { expectNoOrphansInS3, expectNoOrphansOnDisk } from './no-orphans.ts';
import { post, put, readRaw, remove, statusOf, streamOf } from './requests.ts';
import { readStored } from './stored.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

const rounds = roundsOr(3);

/** What was acknowledged: hashes of the written content, by id, and the ids of deleted payloads. */
type Ledger = { kept: Map<string, Uint8Array>; deleted: Set<string> };

/** The largest upload (bytes), and the longest time of a round after its first responses (ms). */
type Load = { largest: number; lasts: number };

const writers = 64;
const env = { UPLOAD_LEASE: '1s', LOG_LEVEL: 'warn' };
const inlineSize = 1500;
const blobSize = 80 * 1024;
// More than one part of an S3 upload of unknown length.
const severalParts = 9 * 1024 * 1024;

/** One writer: inline, blob and blob of unknown length in turn, some deleted again, until the server is killed. */
async function write(url: string, round: number, writer: number, ledger: Ledger, largest: number) {
  for (let count = writer; ; count += 1) {
    const name = `${round} ${writer} ${count}`;
    try {
      if (count % 4 === 0) {
        const content = textOf(name, count % 8 === 0 ? inlineSize : blobSize);
        const id = await post(url, { content });
        if (count % 8 === 0) ledger.kept.set(id, digest(Buffer.from(content)));
        else {
          // A payload whose deletion is not acknowledged may exist or not, so it is not checked.
          await remove(url, id);
          ledger.deleted.add(id);
        }
      } else {
        const bytes = bytesOf(name, sizeOf(count, largest));
        const id = await put(url, count % 4 === 3 ? streamOf(bytes) : bytes);
        ledger.kept.set(id, digest(bytes));
      }
    } catch (error) {
      expectBrokenOff(error);
      return;
    }
  }
}

function sizeOf(count: number, largest: number): number {
  if (count % 4 === 1) return inlineSize;
  return count % 16 === 3 ? largest : blobSize;
}

function digest(bytes: Uint8Array): Uint8Array {
  return new Bun.CryptoHasher('sha256').update(bytes).digest();
}

/** Writes with all writers for a short time, and kills the server. @returns What was acknowledged. */
async function writeAndKill(mayfly: MayflyProcess, round: number, { largest, lasts }: Load): Promise<Ledger> {
  const ledger: Ledger = { kept: new Map(), deleted: new Set() };
  const load = Array.from({ length: writers }, (_, writer) =>
    write(mayfly.url, round, writer, ledger, largest),
  );
  const isUnderWay = () => ledger.kept.size > writers / 2 && ledger.deleted.size > 0;
  await killAmidLoad(mayfly, load, isUnderWay, lasts);
  return ledger;
}

/** Acknowledged payloads whose content has changed. */
async function losses(url: string, { kept, deleted }: Ledger): Promise<string[]> {
  const lost: string[] = [];
  const waiting = [...kept];
  const read = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [id, expected] = next;
      const found = await readRaw(url, id).catch((error) => error as Error);
      if (found instanceof Error) lost.push(found.message);
      else if (!digest(found).every((byte, index) => byte === expected[index]))
        lost.push(`${id}: other bytes`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, read));
  for (const id of deleted)
    if ((await statusOf(`${url}/raw/${id}`)) !== 404) lost.push(`${id}: deleted, and there again`);
  return lost;
}

/** Kills the server of one data directory repeatedly, then sweeps. @returns The data directory, without a server. */
async function survivesKills(load: Load, s3?: S3Server): Promise<string> {
  const all: Ledger = { kept: new Map(), deleted: new Set() };
  const settings = { ...env, ...s3?.env };
  let mayfly = await startMayfly({ clockless: true, env: settings });
  const { dataDir } = mayfly;
  for (let round = 0; round < rounds; round += 1) {
    const ledger = await writeAndKill(mayfly, round, load);
    mayfly = await startMayfly({ clockless: true, env: settings, dataDir });
    expect(await losses(mayfly.url, ledger)).toEqual([]);
    for (const [id, hash] of ledger.kept) all.kept.set(id, hash);
    for (const id of ledger.deleted) all.deleted.add(id);
  }
  // The test needs something that could be lost, and something to sweep.
  expect(all.kept.size).toBeGreaterThan((rounds * writers) / 2);
  expect(all.deleted.size).toBeGreaterThan(0);
  expect(readStored(dataDir).journalKeys.length).toBeGreaterThan(0);
  await sweepUntilNothingWaits(dataDir, settings);
  expect(await losses(mayfly.url, all)).toEqual([]);
  await mayfly.stop();
  return dataDir;
}

test(
  'kills during writes of 64 clients lose nothing acknowledged and leave no orphan on disk',
  async () => {
    const dataDir = await survivesKills({ largest: 300 * 1024, lasts: 250 });
    expectNoOrphansOnDisk(dataDir);
  },
  limitOf(rounds),
);

await suiteWith(['versitygw'], 'kills with S3', () => {
  test(
    'kills during writes of 64 clients lose nothing acknowledged and leave no orphan and no parts in S3',
    async () => {
      const s3 = await startS3();
      const dataDir = await survivesKills({ largest: severalParts, lasts: 1000 }, s3);
      await expectNoOrphansInS3(dataDir, s3);
      await s3.stop();
    },
    limitOf(rounds),
  );
});
