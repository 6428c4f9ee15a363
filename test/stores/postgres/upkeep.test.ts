import { describe, expect, test } from 'bun:test';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { openPostgresStores } from './open-postgres-stores.ts';

/** Its size, and that of its indexes and the number of its table for large values. */
const reserved = unprepared(
  `SELECT pg_relation_size(oid) AS bytes, pg_indexes_size(oid) AS indexes, reltoastrelid::int8 AS large
   FROM pg_class WHERE relname = 'disk_reserve'`,
);
const MiB = 1024 * 1024;

// Rule: docs/postgresql.md, "Disk space".
describe('the reserve of a PostgreSQL database', () => {
  const stores = openedForSuite(openPostgresStores);

  async function expectBytes(bytes: number): Promise<void> {
    expect(await stores()[0].sql.read(reserved)).toEqual([{ bytes, indexes: 0, large: 0 }]);
  }

  test('has 4 MiB that can be released and filled again, and nothing that needs a page to be truncated', async () => {
    const { upkeep } = stores()[0];
    await expectBytes(0);
    for (let round = 0; round < 2; round += 1) {
      await upkeep.keepRoom();
      await upkeep.keepRoom();
      await expectBytes(4 * MiB);
      await upkeep.makeRoom();
      await upkeep.makeRoom();
      await expectBytes(0);
    }
  });

  test('is filled while pg_dump reads it, and stays larger than it must be', async () => {
    const { sql, upkeep } = stores()[0];
    await sql.transaction(async (queries) => {
      await queries.run(unprepared('LOCK TABLE disk_reserve IN ACCESS SHARE MODE'));
      await upkeep.keepRoom();
      await expectBytes(8 * MiB);
    });
    await upkeep.keepRoom();
    await upkeep.makeRoom();
    await expectBytes(0);
  });
});
