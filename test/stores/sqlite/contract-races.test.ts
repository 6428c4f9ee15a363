import { accountRacesContract } from '../../ports/account-races.contract.ts';
import { bucketRacesContract } from '../../ports/bucket-races.contract.ts';
import { objectPutRacesContract } from '../../ports/object-put-races.contract.ts';
import { objectRemovalRacesContract } from '../../ports/object-removal-races.contract.ts';
import { outboxRacesContract } from '../../ports/outbox-races.contract.ts';
import { payloadRacesContract } from '../../ports/payload-races.contract.ts';
import { reservationRacesContract } from '../../ports/reservation-races.contract.ts';
import { sweepRacesContract } from '../../ports/sweep-races.contract.ts';
import { uploadStoreRacesContract } from '../../ports/upload-store.contract.ts';
import { openSqliteStores } from './open-sqlite-stores.ts';

// Two connections to one file behave like two processes.
for (const [connections, count] of [
  ['one connection', 1],
  ['two connections', 2],
] as const) {
  bucketRacesContract(`races of buckets over ${connections} to SQLite`, openSqliteStores, count);
  objectPutRacesContract(`races of puts over ${connections} to SQLite`, openSqliteStores, count);
  objectRemovalRacesContract(`races of removals over ${connections} to SQLite`, openSqliteStores, count);
  accountRacesContract(`races of accounts over ${connections} to SQLite`, openSqliteStores, count);
  uploadStoreRacesContract(`over ${connections} to SQLite`, openSqliteStores, count);
  payloadRacesContract(`races of payloads over ${connections} to SQLite`, openSqliteStores, count);
  outboxRacesContract(`races of the outbox over ${connections} to SQLite`, openSqliteStores, count);
}
reservationRacesContract('races for reservations in SQLite', openSqliteStores, 2);
sweepRacesContract('races of sweeps in SQLite', openSqliteStores, 2);
