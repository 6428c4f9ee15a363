import { readFileSync } from 'node:fs';
import { makeScratchFolder } from '../checkout.ts';
import type { Lifetime } from '../lifetime.ts';
import { makeText } from '../payloads.ts';
import { expiredLongSlot, expiredSlot, fillSlot } from '../postgres/ring-rows.ts';
import { logPosition } from '../postgres/server.ts';
import { runProcess } from '../processes.ts';
import type { Run } from '../run.ts';
import { bun, mayflyEntry, mayflySettings, type Server } from '../servers.ts';
import type { Constants } from '../simulation/measured.ts';
import type { Scene } from './scene.ts';

const sweepLimitSeconds = 600;
const rowSize = 100;
const blobSize = 128 * 1024;
const blobTtlSeconds = 3;

/** Operations of S3, as VersityGW logs them. */
const writing = /^(Put|Create|Upload|Complete|Copy)/;
const removing = /^(Delete|Abort)/;

type Sweep = { cpu: number; log: number; seconds: number };

/** What sweeps cost PostgreSQL and S3, without the start of the command. */
export async function measureRemovals(run: Run, lifetime: Lifetime, scene: Scene) {
  const { database, node, accessLog } = scene;
  const { calibratedRows, calibratedBlobs } = run.scale;
  // The first one fills the reserve of PostgreSQL.
  await sweep(lifetime, scene);
  const empty = await sweep(lifetime, scene);
  const puts = requestsTo(accessLog, writing);
  await createBlobs(node, calibratedBlobs);
  const putsOfBlobs = requestsTo(accessLog, writing) - puts;
  await Bun.sleep(blobTtlSeconds * 1000 + 1000);
  const deletes = requestsTo(accessLog, removing);
  const ofBlobs = await sweep(lifetime, scene);
  const [journal] = await database.query<{ records: string }>('SELECT count(*) AS records FROM blob_journal');
  if (Number(journal?.records) > 0) throw new Error(`the sweep left ${journal?.records} records of blobs`);
  const deletesOfBlobs = requestsTo(accessLog, removing) - deletes;

  await fillSlot(database, expiredLongSlot(Date.now()), calibratedRows, rowSize);
  await database.query('CHECKPOINT');
  const ofRows = await sweep(lifetime, scene);
  await fillSlot(database, expiredSlot(Date.now()), 100_000, rowSize);
  await database.query('CHECKPOINT');
  const ofSlot = await sweep(lifetime, scene);
  return {
    postgresBlobRemoval: Math.max(0, ofBlobs.cpu - empty.cpu) / calibratedBlobs,
    postgresRowRemoval: Math.max(0, ofRows.cpu - empty.cpu) / calibratedRows,
    logPerBlobRemoval: Math.max(0, ofBlobs.log - empty.log) / calibratedBlobs,
    logPerRowRemoval: Math.max(0, ofRows.log - empty.log) / calibratedRows,
    logPerEmptiedSlot: Math.max(0, ofSlot.log - empty.log),
    emptyingSeconds: ofSlot.seconds,
    s3PutsPerBlob: putsOfBlobs / calibratedBlobs,
    s3DeletesPerBlob: deletesOfBlobs / calibratedBlobs,
  } satisfies Partial<Constants>;
}

async function createBlobs({ url, name }: Server, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const response = await fetch(`${url}/api/v1/payloads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: makeText(blobSize), mime_type: 'text/plain', ttl: blobTtlSeconds }),
    });
    if (response.status !== 201)
      throw new Error(`${name} answered ${response.status} ${await response.text()}`);
  }
}

/** Sweeps with the command, in a process of its own. */
async function sweep(lifetime: Lifetime, { database, settings }: Scene): Promise<Sweep> {
  const before = { cpu: database.cpu(), log: await logPosition(database) };
  const command = [bun, mayflyEntry(), 'sweep'];
  const environment = mayflySettings(makeScratchFolder(lifetime), settings);
  const { seconds } = await runProcess(lifetime, command, sweepLimitSeconds, environment);
  return {
    cpu: database.cpu() - before.cpu,
    log: (await logPosition(database)) - before.log,
    seconds,
  };
}

/** The requests to S3 so far whose operation begins like this. */
export function requestsTo(accessLog: string, operation: RegExp): number {
  const operations = readFileSync(accessLog, 'utf8').matchAll(/ s3_(\w+) /g);
  return operations.reduce((count, [, name = '']) => count + (operation.test(name) ? 1 : 0), 0);
}
