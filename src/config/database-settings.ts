import {
  choice,
  databaseUrl,
  optional,
  optionalSecret,
  positiveNumber,
  trueOrFalse,
  wholeNumberUpTo,
} from './setting.ts';

/** The settings of the database. */
export const databaseSettings = {
  databaseUrl: optionalSecret(
    databaseUrl,
    'DATABASE_URL',
    'The database: an SQLite file, as `sqlite:PATH`, or PostgreSQL, as `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full` ([PostgreSQL](postgresql.md)). Unset: the SQLite file `mayfly.db` in `DATA_DIR`.',
  ),
  databaseDirectUrl: optionalSecret(
    databaseUrl,
    'DATABASE_DIRECT_URL',
    'The same PostgreSQL database without a pooler, for migrations and commands. Unset: `DATABASE_URL`.',
  ),
  databasePool: positiveNumber('DATABASE_POOL', '8', 'The connections of one process to PostgreSQL.'),
  databasePrepare: trueOrFalse(
    'DATABASE_PREPARE',
    'true',
    'Whether statements are prepared in PostgreSQL (true or false). `false` for a pooler in transaction mode that does not support it, such as PgBouncer before 1.21.',
  ),
  databaseEngine: optional(
    choice(['untested']),
    'DATABASE_ENGINE',
    'Set it to `untested` to start on a database that speaks the protocol of PostgreSQL but is not PostgreSQL 15 or later.',
  ),
  databaseHa: trueOrFalse(
    'DATABASE_HA',
    'false',
    'Whether the PostgreSQL has a synchronous standby (true or false). With `true`, a missing standby is logged, and `/readyz` says `degraded` ([high availability](high-availability.md)).',
  ),
  emptySlots: optional(
    choice(['truncate', 'delete']),
    'EMPTY_SLOTS',
    'How tables of expired payloads are emptied in PostgreSQL: `truncate`, or `delete` for a database whose TRUNCATE cannot be rolled back or does not lock the table. Unset: `truncate` on PostgreSQL, `delete` on other engines.',
  ),
  cacheSeconds: wholeNumberUpTo(10)(
    'CACHE_SECONDS',
    '1',
    'How long rows of PostgreSQL are cached (seconds). A change takes effect on other nodes within this time, and a revocation waits for it ([Caches](postgresql.md#caches)); 0 for no caches, 10 at most. The same on all nodes. No effect with SQLite.',
  ),
};
