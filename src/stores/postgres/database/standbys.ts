import { type Sql, unprepared } from './sql.ts';

/** What must be true of a server whose standby the operator relies on, and what should be. */
export async function checkStandbys(sql: Sql): Promise<{ problems: string[]; warnings: string[] }> {
  const [found] = await sql.read<{ role: string; isVisible: boolean; names: string }>(readSettings);
  const problems = found?.isVisible
    ? []
    : [
        `hides its standbys from the role of Mayfly, and DATABASE_HA=true needs them: run GRANT pg_read_all_stats TO ${found?.role} as a superuser`,
      ];
  // Not a problem: Patroni empties the setting while the standby is gone, and then the nodes must still start.
  const warnings =
    found?.names === ''
      ? ['synchronous_standby_names is empty: the loss of the primary would lose acknowledged writes']
      : [];
  return { problems, warnings };
}

/** The number of standbys that have every acknowledged write. Without the grant above, it is always 0. */
export async function countSynchronousStandbys(sql: Sql): Promise<number> {
  const [found] = await sql.read<{ count: number }>(countSynchronous);
  return found?.count ?? 0;
}

const readSettings = unprepared(
  `SELECT quote_ident(current_user) AS role, pg_has_role('pg_read_all_stats', 'USAGE') AS "isVisible",
     current_setting('synchronous_standby_names') AS names`,
);
const countSynchronous = unprepared(
  "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')",
);
