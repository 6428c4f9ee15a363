import { type Sql, unprepared } from './sql.ts';

/**
 * Settings of the role of Mayfly, on its database. A session setting of the driver would be lost behind a pooler in
 * transaction mode.
 */
export const roleSettings: Readonly<Record<string, string>> = {
  // A generic plan locks every table of payloads for each look-up, and waits while one is emptied.
  plan_cache_mode: 'force_custom_plan',
  // Statements that look again after a lock must see what was committed while they waited.
  default_transaction_isolation: 'read committed',
  statement_timeout: '10s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '5s',
};

/** A database cannot be used. The message is one line that continues "the database …". */
export class UnfitServer extends Error {
  readonly code = 'UNFIT';
}

const oldestVersion = 15;
/** The share of `max_connections` that the nodes should not exceed together. */
const connectionShare = 0.8;

type Expectations = {
  /** Connections of all nodes. */
  connections: number;
  /** Whether another engine than PostgreSQL is accepted. */
  isUntested: boolean;
};

export type Findings = {
  /** What is wrong with a server, each in one line: problems that prevent a start, and warnings. */
  problems: string[];
  warnings: string[];
  /** Whether TRUNCATE is transactional and takes an ACCESS EXCLUSIVE lock. */
  canTruncate: boolean;
};

/** Checks that the server keeps acknowledged writes, and has the settings that Mayfly depends on. */
export async function checkServer(sql: Sql, { connections, isUntested }: Expectations): Promise<Findings> {
  const found = await settingsOf(sql, checkedSettings);
  const setting = (name: string) => found.get(name) ?? 'unknown';
  const problems: string[] = [];
  const warnings: string[] = [];
  if (!isUntested) problems.push(...engineProblems(setting('version')));
  if (!isUntested && setting('fsync') !== 'on')
    problems.push('has fsync=off, so that a crash would lose acknowledged writes: set fsync=on');
  if (!/^(on|remote_apply)$/.test(setting('synchronous_commit')))
    problems.push(`has synchronous_commit=${setting('synchronous_commit')}: set it to on or remote_apply`);
  if (/^(error|fatal|panic)$/.test(setting('client_min_messages')))
    problems.push(
      `has client_min_messages=${setting('client_min_messages')}, which hides that a commit did not wait for its standby: set it to warning`,
    );
  if (setting('server_encoding') !== 'UTF8')
    problems.push(`has the encoding ${setting('server_encoding')}: create it with ENCODING 'UTF8'`);
  if (!isUntested && setting('full_page_writes') !== 'on')
    warnings.push('full_page_writes=off is safe only on a file system that never writes a part of a page');
  const maxConnections = Number(setting('max_connections'));
  if (connections > connectionShare * maxConnections)
    warnings.push(
      `all servers may open ${connections} connections (LIMIT_NODES × WORKERS × DATABASE_POOL), more than ${100 * connectionShare} % of max_connections=${maxConnections}: lower DATABASE_POOL or raise max_connections`,
    );
  return { problems, warnings, canTruncate: majorOf(setting('version')) !== undefined };
}

/** The settings of the role that this connection does not have, as `name=value`. */
export async function missingRoleSettings(sql: Sql): Promise<string[]> {
  const found = await settingsOf(sql, Object.keys(roleSettings));
  return Object.entries(roleSettings)
    .filter(([name, value]) => found.get(name) !== value)
    .map(([name, value]) => `${name}=${value}`);
}

async function settingsOf(sql: Sql, names: string[]): Promise<Map<string, string | null>> {
  const rows = await sql.read<{ name: string; value: string | null }>(readSettings, [names]);
  return new Map(rows.map(({ name, value }) => [name, value]));
}

const checkedSettings = [
  'client_min_messages',
  'fsync',
  'full_page_writes',
  'max_connections',
  'server_encoding',
  'synchronous_commit',
];

const readSettings = unprepared(
  `SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name
   UNION ALL SELECT 'version', version()`,
);

/**
 * The major version of PostgreSQL; undefined for another engine. Some report a version of PostgreSQL too, with an
 * addition such as `-YB-2.25`.
 */
function majorOf(version: string): string | undefined {
  return /^PostgreSQL (\d+)(?:\.\d+)*(?:devel|(?:alpha|beta|rc)\d+)? (?:\(|on )/.exec(version)?.[1];
}

function engineProblems(version: string): string[] {
  const major = majorOf(version);
  if (major === undefined)
    return [
      `is ${JSON.stringify(version.slice(0, 60))}, which Mayfly is not tested with: set DATABASE_ENGINE=untested to use it at your own risk`,
    ];
  if (Number(major) < oldestVersion)
    return [`is PostgreSQL ${major}: upgrade it to PostgreSQL ${oldestVersion} or later`];
  return [];
}
