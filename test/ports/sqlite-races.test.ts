import { accountRacesContract } from './account-races.contract.ts';
import { leaseRacesContract } from './lease-races.contract.ts';
import { payloadRacesContract } from './payload-races.contract.ts';
import { openSqliteStores } from './sqlite-stores.ts';
import { uploadRacesContract } from './upload-races.contract.ts';

accountRacesContract('races of accounts in SQLite', openSqliteStores);
payloadRacesContract('races of payloads in SQLite', openSqliteStores);
uploadRacesContract('races of uploads in SQLite', openSqliteStores);
leaseRacesContract('races for leases in SQLite', openSqliteStores);
