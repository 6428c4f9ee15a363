import type { Clock, Timers } from '../../ports/clock.ts';
import type { Inventory } from '../../ports/content/inventory.ts';
import {
  type Move,
  type MovedRow,
  type MovedTable,
  MoveRefused,
  type MoveSource,
  type MoveTarget,
  type MoveTotals,
  movedTables,
} from '../../ports/moving.ts';
import type { MovedBlobs } from './moved-blobs.ts';

/** How long writes stay stopped if this process ends (ms). The stop is renewed three times in that time. */
const stopLease = 10_000;
/** With fewer recorded changes than this, writes are stopped. */
const fewChanges = 500;
/** How often the recorded changes are written before that; on a busy server they may never be few. */
const maxRounds = 20;

type MoveDeps = {
  source: MoveSource;
  target: MoveTarget;
  sourceInventory: Inventory;
  targetInventory: Inventory;
  /** Undefined if both sides have the same blob store. */
  blobs: MovedBlobs | undefined;
  /** Reads the values that identify the deployment in the target. Throws if the server's settings have changed. */
  deployment: () => Promise<Record<string, string>>;
  /** The maximum time for which writes are stopped (ms). */
  maxStop: number;
  clock: Clock;
  timers: Timers;
  /** Reports that a step begins or continues: rows of a table so far, or the name of the step. */
  onProgress: (step: string, rows?: number) => void;
};

export type MoveReport = {
  /** Rows in the target, by the table. */
  rows: Record<string, number>;
  /** What this call copied. */
  blobs: { blobs: number; bytes: number };
  /** How long writes were refused (ms). */
  writesStoppedMilliseconds: number;
  /** Rows whose blob is missing or damaged in the source too, and usage that was wrong there. */
  unreadableBlobs: number;
  wrongUsage: string[];
};

/**
 * Moves everything from one database to another while servers use the first. Rows are copied table by table, and every
 * change since the beginning is recorded in the source and written again, until few are left. Then every row that has
 * no recorded change is compared with the target, and writes are stopped. The last changes are written, the sums of both
 * sides are compared, and the source refuses everything from then on. If that fails, writes go on, and the same call
 * continues later.
 *
 * @throws MoveRefused
 */
export async function move(deps: MoveDeps, { id, to }: Move): Promise<MoveReport> {
  const { source, target, onProgress } = deps;
  // An earlier call may have ended between these two steps.
  if ((await source.hasEnded()) && (await target.open({ id, to }, await source.forgotten())) === 'open')
    return { ...(await summary(deps, await target.totals())), writesStoppedMilliseconds: 0, wrongUsage: [] };
  const isNew = (await source.current()) === undefined;
  // First, so that an interrupted call is continued under its id.
  await source.begin({ id, to });
  try {
    await target.begin({ id, to }, await source.forgotten());
  } catch (error) {
    if (isNew) await source.undo(false);
    throw error;
  }
  for (const table of movedTables) await copyTable(deps, table);
  onProgress('the changes since the beginning');
  await target.analyze();
  await writeUntilFew(deps);
  for (const table of movedTables) await verifyTable(deps, table);
  await writeUntilFew(deps);
  const report = await whileStopped(deps, (extend) => finish(deps, extend));
  if ((await target.open({ id, to }, await source.forgotten())) === 'incomplete')
    throw new MoveRefused(
      'the target is not complete: another process continues or has undone this move, or the target went back to an earlier time; run the same command again',
    );
  return report;
}

/** Copies a table from where an earlier call stopped. */
async function copyTable(deps: MoveDeps, table: MovedTable): Promise<void> {
  const { source, target, blobs, onProgress } = deps;
  let after = await target.position(table);
  const upTo = await source.lastPlace(table);
  for (let copied = 0; ; ) {
    const { rows, last } = await source.page(table, after, upTo);
    onProgress(table, copied);
    if (rows.length === 0) return;
    await blobs?.copyFor(rows);
    await target.write(table, rows, after, last);
    after = last;
    copied += rows.length;
    // Between pages, so that the record of changes stays short.
    await writeChanges(deps);
  }
}

/**
 * Compares every row of a table with the target, while servers write. The rows that are left out have a recorded change,
 * with which they are written and compared later.
 *
 * @throws MoveRefused
 */
async function verifyTable(deps: MoveDeps, table: MovedTable): Promise<void> {
  const { source, target, onProgress } = deps;
  const upTo = await source.lastPlace(table);
  for (let after = 0, compared = 0; ; ) {
    const { rows, last } = await source.unchangedPage(table, after, upTo);
    onProgress(`verification of ${table}`, compared);
    if (rows.length === 0) return;
    const count = await target.countDifferent(table, rows);
    if (count > 0)
      throw new MoveRefused(
        `the copy is not equal (${count} rows of ${table}): run the same command with --undo, and then without it`,
      );
    after = last;
    compared += rows.length;
    await writeChanges(deps);
  }
}

/** Writes recorded changes until few are left, or until that seems to take forever. */
async function writeUntilFew(deps: MoveDeps): Promise<void> {
  for (let round = 0; round < maxRounds && (await deps.source.pendingChanges()) > fewChanges; round += 1)
    await writeChanges(deps);
}

/** Writes the changes that are recorded now. */
async function writeChanges({ source, target, blobs }: MoveDeps): Promise<void> {
  for (let left = await source.pendingChanges(); left > 0; ) {
    const { changes, upTo, count } = await source.changes();
    if (upTo === undefined) return;
    await blobs?.copyFor(changes.flatMap(({ rows }): MovedRow[] => rows));
    await target.apply(changes, upTo, await source.forgotten());
    await source.forget(upTo);
    left -= count;
  }
}

/**
 * Runs `work` while the source refuses all writes. If it fails, or takes too long, they go on.
 *
 * @param work Gets a function that extends the stop to its maximum, for a long synchronous read of the source in which
 *   this process cannot renew it.
 */
async function whileStopped<T>(
  { source, maxStop, clock, timers, onProgress }: MoveDeps,
  work: (extend: () => Promise<void>) => Promise<T>,
): Promise<T & Pick<MoveReport, 'writesStoppedMilliseconds'>> {
  onProgress('writes are stopped');
  const stoppedAt = clock();
  await source.stopWrites(stopLease);
  const stopRenewing = timers.every(stopLease / 3, () => {
    // If the stop ends early, the source finds changes at its end.
    if (clock() - stoppedAt < maxStop) source.stopWrites(stopLease).catch(() => undefined);
  });
  try {
    const result = await work(() => source.stopWrites(maxStop - (clock() - stoppedAt)));
    return { ...result, writesStoppedMilliseconds: clock() - stoppedAt };
  } catch (error) {
    // Otherwise they go on when the stop ends by itself.
    await source.resumeWrites().catch(() => undefined);
    throw error;
  } finally {
    stopRenewing();
  }
}

/** Brings the target to the state of the source and ends the source. */
async function finish(
  deps: MoveDeps,
  extendStop: () => Promise<void>,
): Promise<Omit<MoveReport, 'writesStoppedMilliseconds'>> {
  const { source, target, deployment, onProgress } = deps;
  await writeChanges(deps);
  onProgress('comparison');
  // Only now, since a server may have started with another secret during the copying.
  await target.complete(await source.lastNumbers(), await deployment(), await source.forgotten());
  const totals = await target.totals();
  const wrongUsage = await compare(deps, totals, extendStop);
  const compared = { ...(await summary(deps, totals)), wrongUsage };
  if ((await source.end()) === 'changed')
    throw new MoveRefused(
      'writes went on before the end, which took too long: try again, or raise --max-stop',
    );
  return compared;
}

/**
 * What is wrong in the source stays wrong, and is no reason against its end.
 *
 * @returns The usage that is wrong on both sides.
 * @throws MoveRefused if the target is not equal to the source
 */
async function compare(
  { source, sourceInventory, targetInventory }: MoveDeps,
  there: MoveTotals,
  extendStop: () => Promise<void>,
): Promise<string[]> {
  const here = await source.totals();
  const wrong = Object.entries(here.sums)
    .filter(([name, sum]) => there.sums[name] !== sum)
    .map(([name, sum]) => `the sum of ${name} is ${there.sums[name]} instead of ${sum}`);
  const usage = await targetInventory.wrongUsage();
  if (there.blobBytes !== here.blobBytes) usage.push('the bytes of all blobs');
  if (there.anonymousBytes !== here.anonymousBytes) usage.push('the bytes of anonymous callers');
  const parts = await targetInventory.wrongParts();
  if (usage.length + parts.length > 0) await extendStop();
  const known = usage.length > 0 ? await sourceInventory.wrongUsage() : [];
  wrong.push(...usage.filter((line) => !known.includes(line)));
  if (parts.length > 0 && parts.length !== (await sourceInventory.wrongParts()).length) wrong.push(...parts);
  if (wrong.length > 0) throw new MoveRefused(`the copy is not equal: ${wrong.slice(0, 5).join('; ')}`);
  return usage;
}

async function summary({ targetInventory, blobs }: MoveDeps, { sums }: MoveTotals) {
  let unreadableBlobs = 0;
  for (const key of blobs?.unreadable ?? []) if (await targetInventory.isShown(key)) unreadableBlobs += 1;
  return {
    rows: Object.fromEntries(movedTables.map((table) => [table, sums[table] ?? 0])),
    blobs: blobs?.counts ?? { blobs: 0, bytes: 0 },
    unreadableBlobs,
  };
}

/**
 * Undoes a move: the source takes writes again. Before the end of the move, this needs no target.
 *
 * @throws MoveRefused if no move has begun, or if a server or command has used the target
 */
export async function undoMove(source: MoveSource, target: MoveTarget | undefined): Promise<void> {
  const current = await source.current();
  if (current === undefined) throw new MoveRefused('no move has begun');
  const hasEnded = await source.hasEnded();
  if (target === undefined && hasEnded)
    throw new MoveRefused(`the move has ended: --to must name its target, ${current.to}`);
  const outcome = await target?.undo(current);
  if (hasEnded && outcome !== 'undone')
    throw new MoveRefused(
      'a server or command has used the target since the end of the move, so that only it is up to date; or the target went back to an earlier time: then run the move again, and --undo after it',
    );
  await source.undo(hasEnded);
}
