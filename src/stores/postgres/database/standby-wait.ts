import { setTimeout as sleep } from 'node:timers/promises';
import { storeAway } from '../../../core/failure.ts';
import { type Sql, unprepared } from './sql.ts';

/** How often the standby is looked at, and for how long one write waits for it (ms). */
const interval = 100;
const patience = 5000;

/**
 * Waits, after a write with an unknown outcome, until the standby has what the primary shows. The primary also shows
 * commits whose wait for the standby was interrupted, and a repeated write finds that it took effect without a commit
 * of its own: it would acknowledge what the loss of the primary undoes.
 *
 * It also keeps connections free while the standby is away and commits wait for it: the server does not notice that
 * their clients have left, so each further commit would take one of its connections.
 */
export class StandbyWait {
  readonly #sql: Pick<Sql, 'read'>;
  /** Writes with an unknown outcome, and how many of them the standby has, if they took effect. */
  #unknown = 0;
  #confirmed = 0;
  #look: Promise<void> | undefined;

  constructor(sql: Pick<Sql, 'read'>) {
    this.#sql = sql;
  }

  /** Records a write with an unknown outcome. */
  note(): void {
    this.#unknown += 1;
  }

  /** Returns at once if no outcome is unknown. @throws Failure `store_away` if it takes too long */
  async wait(): Promise<void> {
    const upTo = this.#unknown;
    while (this.#confirmed < upTo) {
      // One look at the standby serves all who wait, unless it began too early for them.
      this.#look ??= this.#lookAt(this.#unknown).finally(() => {
        this.#look = undefined;
      });
      await this.#look;
    }
  }

  async #lookAt(upTo: number): Promise<void> {
    const deadline = performance.now() + patience;
    const [flushed] = await this.#sql.read<{ position: string }>(readPosition);
    for (;;) {
      const [found] = await this.#sql.read<{ isThere: boolean }>(standbyHas, [flushed?.position]);
      if (found?.isThere) break;
      if (performance.now() > deadline)
        throw storeAway(new Error('the standby does not have what the primary shows'));
      await sleep(interval);
    }
    this.#confirmed = upTo;
  }
}

const readPosition = unprepared('SELECT pg_current_wal_flush_lsn()::text AS position');
/** Without names, commits wait for no standby. */
const standbyHas = unprepared(
  `SELECT current_setting('synchronous_standby_names') = '' OR EXISTS (
     SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum') AND flush_lsn >= $1::pg_lsn
   ) AS "isThere"`,
);
