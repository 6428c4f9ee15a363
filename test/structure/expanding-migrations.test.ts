import { describe, expect, test } from 'bun:test';
import { readMigrations } from '../../src/stores/postgres/database/migration-files.ts';
import { contractionsIn } from './contractions.ts';

// Rules: CONTRIBUTING.md, "Migrations".
describe('a migration of PostgreSQL', () => {
  const migrations = readMigrations();

  test.each(migrations.map((migration) => [migration.name, migration] as const))(
    '%s leaves what the version before needs, or says which code can use the schema after it',
    async (_, { number, statements, oldestCode, isOutside }) => {
      const before = migrations.slice(0, number - 1).map(({ oldestCode = 0 }) => oldestCode);
      if (oldestCode === undefined) {
        expect(await contractionsIn(statements.join(';'), isOutside)).toEqual([]);
      } else {
        expect(oldestCode).toBeGreaterThan(Math.max(0, ...before));
        expect(oldestCode).toBeLessThanOrEqual(number);
      }
    },
  );

  test.each([
    'CREATE TABLE t (id integer NOT NULL); ALTER TABLE t ADD CONSTRAINT c UNIQUE (id); CREATE INDEX i ON t (id)',
    'ALTER TABLE t ADD COLUMN c integer',
    "ALTER TABLE t ADD COLUMN c text DEFAULT 'a' NOT NULL, ADD COLUMN d bigint DEFAULT 0",
    "ALTER TABLE t ADD COLUMN c jsonb DEFAULT '{}'::jsonb",
    'ALTER TABLE t SET (fillfactor = 70)',
  ])('may have %s', async (sql) => {
    expect(await contractionsIn(sql)).toEqual([]);
  });

  test.each([['CREATE INDEX CONCURRENTLY i ON t (c)'], ['ALTER TABLE t VALIDATE CONSTRAINT c']])(
    'outside of transactions may have %s, which may not be in one',
    async (sql) => {
      expect(await contractionsIn(sql, true)).toEqual([]);
      expect(await contractionsIn(sql)).toHaveLength(1);
    },
  );

  test.each([
    'DROP TABLE t',
    'DROP INDEX i',
    'ALTER TABLE t DROP COLUMN c',
    'ALTER TABLE t ADD COLUMN c integer, DROP COLUMN d',
    'ALTER TABLE t RENAME TO u',
    'ALTER TABLE t RENAME COLUMN c TO d',
    'ALTER TABLE t ADD COLUMN c integer NOT NULL',
    'ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()',
    'ALTER TABLE t ADD COLUMN c integer CHECK (c > 0)',
    'ALTER TABLE t ALTER COLUMN c SET NOT NULL',
    'ALTER TABLE t ALTER COLUMN c TYPE bigint',
    'ALTER TABLE t ALTER COLUMN c DROP DEFAULT',
    'ALTER TABLE t ADD CONSTRAINT c CHECK (d > 0) NOT VALID',
    "ALTER TYPE e RENAME VALUE 'a' TO 'b'",
    'CREATE INDEX i ON t (c)',
    'CREATE UNIQUE INDEX CONCURRENTLY i ON t (c)',
    'UPDATE t SET c = 1',
    'DO $$ BEGIN DROP TABLE t; END $$',
  ])('may have %s only if it says so', async (sql) => {
    expect(await contractionsIn(sql)).toHaveLength(1);
  });
});
