import { beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { bytesOf, textOf } from './content.ts';
import { readMetric } from './metrics.ts';
import { post, put } from './requests.ts';
import { readStored } from './stored.ts';
import { readTrace, type TracedCall, tracer } from './sync-trace.ts';

type Acknowledgement = { id: string; sentAt: number; answeredAt: number };

type Run = {
  dataDir: string;
  inline: Acknowledgement[];
  blobs: Acknowledgement[];
  /** All transactions that the process counted. */
  commits: number;
  trace: TracedCall[];
};

const inlineCount = 60;
const blobCount = 12;
const writers = 64;
const blobSize = 100 * 1024;
const weaken = join(import.meta.dir, 'weaken.ts');

/** The load: payloads one after another, then many at once, under strace. */
async function traced(strace: string, weakness?: string): Promise<Run> {
  const file = join(temporaryDirectory('trace'), 'calls');
  const mayfly = await startMayfly({
    clockless: true,
    commandPrefix: tracer(strace, file),
    env: weakness ? { BUN_OPTIONS: `--preload ${weaken}`, WEAKEN: weakness } : {},
  });
  const inline: Acknowledgement[] = [];
  for (let count = 0; count < inlineCount; count += 1)
    inline.push(await timed(() => post(mayfly.url, { content: textOf(`inline ${count}`, 500) })));
  const blobs: Acknowledgement[] = [];
  for (let count = 0; count < blobCount; count += 1)
    blobs.push(await timed(() => put(mayfly.url, bytesOf(`blob ${count}`, blobSize))));
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let count = 0; count < 5; count += 1)
        await post(mayfly.url, { content: textOf(`${writer} ${count}`, 500) });
      await put(mayfly.url, bytesOf(`${writer}`, blobSize));
    }),
  );
  const commits = await readMetric(mayfly.url, 'mayfly_commits');
  await mayfly.kill();
  return { dataDir: mayfly.dataDir, inline, blobs, commits, trace: readTrace(file) };
}

async function timed(write: () => Promise<string>): Promise<Acknowledgement> {
  const sentAt = Date.now();
  const id = await write();
  return { id, sentAt, answeredAt: Date.now() + 1 };
}

function logSyncs({ dataDir, trace }: Run): TracedCall[] {
  return trace.filter(({ kind, path }) => kind === 'sync' && path === join(dataDir, 'mayfly.db-wal'));
}

/** Acknowledged inline payloads for which the log was not synced between the request and its answer. */
function unsyncedInline(run: Run): Acknowledgement[] {
  const syncs = logSyncs(run);
  return run.inline.filter(
    ({ sentAt, answeredAt }) =>
      !syncs.some(({ startedAt, endedAt }) => startedAt >= sentAt && endedAt <= answeredAt),
  );
}

/**
 * Acknowledged blobs that did not follow this order between the request and its response: the file is
 * synced, gets its name, its folder is synced, and the log is synced with the row's commit.
 */
function unsyncedBlobs(run: Run): Acknowledgement[] {
  const keys = new Map(rowsWithBlobs(run));
  return run.blobs.filter(({ id, sentAt, answeredAt }) => {
    const key = keys.get(id) ?? 'no row';
    const folder = join(run.dataDir, 'blobs', key.slice(0, 2));
    const steps: ((call: TracedCall) => boolean)[] = [
      ({ kind, path }) => kind === 'sync' && path === join(folder, `${key}.partial`),
      ({ kind, path }) => kind === 'rename' && path === join(folder, key),
      ({ kind, path }) => kind === 'sync' && path === folder,
      ({ kind, path }) => kind === 'sync' && path === join(run.dataDir, 'mayfly.db-wal'),
    ];
    let last = sentAt;
    for (const step of steps) {
      const next = run.trace.find((call) => step(call) && call.startedAt >= last);
      if (next === undefined) return true;
      last = next.endedAt;
    }
    return last > answeredAt;
  });
}

function rowsWithBlobs({ dataDir }: Run): [id: string, key: string][] {
  return readStored(dataDir).blobs.map(({ id, key }) => [id, key]);
}

await suiteWith(['strace'], 'durability', ({ strace }) => {
  describe('as shipped', () => {
    let run: Run;
    beforeAll(async () => {
      run = await traced(strace);
    });

    test('the log is synced before each response to an inline payload', () => {
      expect(unsyncedInline(run)).toEqual([]);
      expect(logSyncs(run).length).toBeGreaterThanOrEqual(inlineCount);
    });

    test('file, folder and log are synced in this order before each response to a blob', () => {
      expect(unsyncedBlobs(run)).toEqual([]);
    });

    test('under load, the log has at least as many syncs as commits, and fewer commits than writes', () => {
      expect(logSyncs(run).length).toBeGreaterThanOrEqual(run.commits);
      // Each blob is two writes: its journal record and its row.
      const writes = inlineCount + 2 * blobCount + writers * 7;
      expect(run.commits).toBeGreaterThanOrEqual(inlineCount + 2 * blobCount);
      expect(run.commits).toBeLessThan(writes);
    });
  });

  // The checks above must detect each weakening.
  for (const weakness of ['normal', 'off'] as const) {
    test(`synchronous=${weakness} is detected`, async () => {
      const run = await traced(strace, weakness);
      expect(unsyncedInline(run).length).toBeGreaterThan(inlineCount / 2);
      expect(unsyncedBlobs(run).length).toBeGreaterThan(0);
      expect(logSyncs(run).length).toBeLessThan(run.commits);
    });
  }

  test('blobs that are not synced are detected', async () => {
    const run = await traced(strace, 'blobs');
    expect(unsyncedBlobs(run)).toHaveLength(blobCount);
    expect(unsyncedInline(run)).toEqual([]);
  });
});
