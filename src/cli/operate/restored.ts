import type { Services } from '../../composition/index.ts';
import { formatTime } from '../../core/expiry.ts';
import { settleRestored } from '../../core/operation/restored.ts';
import { noticedAfter, type RestoredState } from '../../core/operation/restored-state.ts';
import { CommandFailure } from '../shared/command-failure.ts';
import { printRestored } from './restored-report.ts';

/** `until` is the time to which the database was restored (ms since the epoch). */
export type RestoredOptions = { until?: number; mark?: boolean; revokeAll?: boolean };

/** Times that servers record differ from those of the database by less than this (ms). */
const clockError = 1000;

/** Keys that are revoked at once. */
const batch = 100;

/**
 * `restored`: makes a database ready that was restored to an earlier time. The state `restored`, in which no server
 * serves, ends last: a call that was interrupted is repeated.
 *
 * @throws CommandFailure if the database is not in this state, or cannot be of that time
 */
export async function restored(
  services: Services,
  { until, mark = false, revokeAll = false }: RestoredOptions,
): Promise<number> {
  const { restoredState, stores, clock } = services;
  if (restoredState === undefined)
    throw new CommandFailure(
      'only a database server can be in the state restored: restore a database file with mayfly restore',
    );
  if (until === undefined) {
    if (!mark)
      throw new CommandFailure('set --until to the time that the database was restored to, or set --mark');
    await restoredState.mark();
    console.log('No server serves this database until mayfly restored --until TIME has run.');
    return 0;
  }
  if (until > clock()) throw new CommandFailure(`--until is in the future: it is ${formatTime(clock())} now`);
  if (mark) await restoredState.mark();
  await requireRestored(services, restoredState, until);
  const report = await settleRestored(stores, clock());
  // Later ones were created after the restore.
  const keys = report.keys.filter(({ createdAt }) => createdAt <= until + clockError);
  if (revokeAll) await revoke(stores, keys, clock());
  printRestored({ ...report, keys }, formatTime(until));
  if (revokeAll) console.log(`All ${keys.length} keys were revoked.`);
  await restoredState.complete();
  console.log('Servers can start.');
  return 0;
}

/**
 * Without the state, the counted payloads of a running service would be removed. Waits until servers that run have noticed
 * it.
 */
async function requireRestored(services: Services, state: RestoredState, until: number): Promise<void> {
  const { blobs, clock, timers } = services;
  await blobs.ping();
  await state.check();
  if (!state.isRestored)
    throw new CommandFailure(
      'the database is not in the state restored, and nothing was changed: if it was restored, add --mark',
    );
  const { watermark, since = clock() } = await state.read();
  if (until + clockError < watermark)
    throw new CommandFailure(
      `--until is too early: the database has writes up to ${formatTime(watermark)}; set the time that it was restored to`,
    );
  await timers.sleep(Math.max(0, since + noticedAfter - clock()));
}

/** Without the wait of a single revocation, since no server has cached a key. */
async function revoke({ accounts }: Services['stores'], keys: { id: string }[], now: number): Promise<void> {
  for (let start = 0; start < keys.length; start += batch)
    await Promise.all(keys.slice(start, start + batch).map(({ id }) => accounts.revokeKey(id, now)));
}
