import { setTimeout as sleep } from 'node:timers/promises';
import { storeAway } from '../../../core/failure.ts';
import { OutcomeUnknown } from '../../../core/outcome-unknown.ts';
import { type Sql, unprepared } from './sql.ts';

/** How long a look at the standby lasts while it lacks something (ms), and the pauses within it. */
const patience = 5000;
const firstPause = 2;
const longestPause = 100;
/** After a look that found the standby behind, the next one is made after this time (ms). */
const lookAgainAfter = 1000;

/**
 * Lets no write acknowledge what the loss of the primary undoes. The primary shows commits that the standby may lack:
 * those that it recovered when it was started, and those whose wait for the standby was interrupted. A write that finds
 * such a commit may have nothing left to change, and then has no commit of its own that waits. So writes wait until the
 * standby has what the primary shows, once after each new connection, and after each write with an unknown outcome.
 *
 * It also keeps connections free while the standby is away and commits wait for it: the server does not notice that
 * their clients have left, so each further commit would take one of its connections.
 */
export class StandbyWait {
  readonly #sql: Pick<Sql, 'read'>;
  /** Reasons to look at the standby, and how many of them a look has settled. The start of the process is the first. */
  #reasons = 1;
  #settled = 0;
  #look: Promise<void> | undefined;
  /** The last look that found the standby behind; undefined if one has succeeded since. */
  #failure: { error: unknown; at: number } | undefined;

  constructor(sql: Pick<Sql, 'read'>) {
    this.#sql = sql;
  }

  /** Records a new connection, or a write with an unknown outcome. */
  note(): void {
    this.#reasons += 1;
  }

  /**
   * Runs a write once the standby has what its connection shows.
   *
   * @param run Calls `admit` when it has a connection, before it sends anything, and throws what that throws.
   * @throws Failure `store_away` if the standby lacks something for 5 s, and then at once until it is back
   */
  async write<T>(run: (admit: () => void) => Promise<T>): Promise<T> {
    for (;;) {
      await this.wait();
      try {
        return await run(() => {
          if (this.#settled < this.#reasons) throw new ConnectionUnknown();
        });
      } catch (error) {
        if (error instanceof OutcomeUnknown) this.note();
        if (!(error instanceof ConnectionUnknown)) throw error;
      }
    }
  }

  /**
   * Waits until the standby has what the connections so far, and the writes with an unknown outcome, show.
   *
   * @throws as `write`
   */
  async wait(): Promise<void> {
    const upTo = this.#reasons;
    while (this.#settled < upTo) await this.#lookOnce();
  }

  /** One look serves all who wait. */
  async #lookOnce(): Promise<void> {
    const failure = this.#failure;
    if (this.#look === undefined && failure && performance.now() < failure.at + lookAgainAfter)
      throw failure.error;
    this.#look ??= this.#lookFrom(this.#reasons).finally(() => {
      this.#look = undefined;
    });
    await this.#look;
  }

  async #lookFrom(upTo: number): Promise<void> {
    await this.#untilThere(performance.now() + (this.#failure ? 0 : patience));
    this.#failure = undefined;
    this.#settled = upTo;
  }

  async #untilThere(deadline: number): Promise<void> {
    let position: string | null = null;
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      const [found]: Found[] = await this.#sql.read<Found>(compare, [position]);
      if (found?.isThere) return;
      if (performance.now() >= deadline) {
        const error = storeAway(new Error('the standby does not have what the primary shows'));
        this.#failure = { error, at: performance.now() };
        throw error;
      }
      position = found?.position ?? null;
      await sleep(pause);
    }
  }
}

type Found = { position: string; isThere: boolean };

/** A write got a connection that was opened after the last look at the standby. */
class ConnectionUnknown extends Error {}

/** Whether the standby has the log up to a position, by default the present one. Without names, commits wait for none. */
const compare = unprepared(
  `SELECT position::text, current_setting('synchronous_standby_names') = '' OR EXISTS (
     SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum') AND flush_lsn >= position
   ) AS "isThere"
   FROM (SELECT coalesce($1::pg_lsn, pg_current_wal_flush_lsn()) AS position) AS log`,
);
