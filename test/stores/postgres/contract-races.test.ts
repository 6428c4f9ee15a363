import { accountRacesContract } from '../../ports/account-races.contract.ts';
import { bucketRacesContract } from '../../ports/bucket-races.contract.ts';
import { objectPutRacesContract } from '../../ports/object-put-races.contract.ts';
import { objectRemovalRacesContract } from '../../ports/object-removal-races.contract.ts';
import { outboxRacesContract } from '../../ports/outbox-races.contract.ts';
import { payloadRacesContract } from '../../ports/payload-races.contract.ts';
import { reservationRacesContract } from '../../ports/reservation-races.contract.ts';
import { sweepRacesContract } from '../../ports/sweep-races.contract.ts';
import { uploadStoreRacesContract } from '../../ports/upload-store.contract.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openPostgresStores } from './open-postgres-stores.ts';

await suiteWithPostgres('PostgreSQL', () => {
  for (const [processes, count] of [
    ['one process', 1],
    ['two processes', 2],
  ] as const) {
    bucketRacesContract(`races of buckets by ${processes} on PostgreSQL`, openPostgresStores, count);
    objectPutRacesContract(`races of puts by ${processes} on PostgreSQL`, openPostgresStores, count);
    objectRemovalRacesContract(`races of removals by ${processes} on PostgreSQL`, openPostgresStores, count);
    accountRacesContract(`races of accounts by ${processes} on PostgreSQL`, openPostgresStores, count);
    uploadStoreRacesContract(`by ${processes} on PostgreSQL`, openPostgresStores, count);
    payloadRacesContract(`races of payloads by ${processes} on PostgreSQL`, openPostgresStores, count);
    outboxRacesContract(`races of the outbox by ${processes} on PostgreSQL`, openPostgresStores, count);
  }
  reservationRacesContract('races for reservations in PostgreSQL', openPostgresStores, 2);
  sweepRacesContract('races of sweeps in PostgreSQL', openPostgresStores, 2);
});
