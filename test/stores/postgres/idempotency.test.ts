import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newHashId } from '../../../src/core/ids.ts';
import type { IdempotencyRecord } from '../../../src/core/ports/idempotency-store.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { leaseTime } from '../../ports/claims.ts';
import type { Opened } from '../../ports/opened.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';

const now = Date.UTC(2025, 2, 1);
const afterLease = now + leaseTime;
const answer = unprepared('UPDATE idempotency_records SET answer = $2 WHERE id = $1');
const release = unprepared('DELETE FROM idempotency_records WHERE id = $1');
const waiting = unprepared(
  `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
);

function newRecord(id = newHashId()): IdempotencyRecord {
  return { id, fingerprint: newHashId(), holder: newHashId(), expiresAt: afterLease * 2, answer: null };
}

await suiteWithPostgres(
  'a claim of a key whose lease has ended, while a transaction ends the first try',
  () => {
    let opened: Opened<TemporaryStores>;
    let first: TemporaryStores;
    let second: TemporaryStores;
    beforeAll(async () => {
      opened = await openPostgresStores();
      first = opened.stores;
      second = await opened.openAgain();
    });
    afterAll(() => opened.close());

    async function claimDuring(statement: typeof answer, values: unknown[], end: 'commit' | 'roll back') {
      const record = newRecord();
      await first.idempotency.claim(record, now, leaseTime);
      const rival = newRecord(record.id);
      let claim: Promise<IdempotencyRecord> | undefined;
      const transaction = first.sql.transaction(async (queries) => {
        await queries.run(statement, [record.id, ...values]);
        claim = second.idempotency.claim(rival, afterLease, leaseTime);
        while ((await first.sql.read(waiting)).length === 0) await Bun.sleep(5);
        const other = newRecord();
        expect(await second.idempotency.claim(other, now, leaseTime)).toEqual(other);
        if (end === 'roll back') throw new Error('rolled back');
      });
      if (end === 'roll back') await expect(transaction).rejects.toThrow('rolled back');
      else await transaction;
      return { first: record.holder, rival: rival.holder, found: await claim };
    }

    test('waits and returns the answer, and delays no claim of another key', async () => {
      const { first, found } = await claimDuring(answer, [Buffer.from('sealed')], 'commit');
      expect(found).toMatchObject({ holder: first, answer: Buffer.from('sealed') });
    });

    test('takes over if the answer is rolled back', async () => {
      const { rival, found } = await claimDuring(answer, [Buffer.from('sealed')], 'roll back');
      expect(found).toMatchObject({ holder: rival, answer: null });
    });

    test('takes over if the record is released', async () => {
      const { rival, found } = await claimDuring(release, [], 'commit');
      expect(found).toMatchObject({ holder: rival, answer: null });
    });
  },
);
