import { blockStoreContract } from './block-store.contract.ts';
import { deploymentStoreContract } from './deployment-store.contract.ts';
import { openSqliteStores } from './sqlite-stores.ts';
import { trafficStoreContract } from './traffic-store.contract.ts';

trafficStoreContract('traffic of accounts in SQLite', openSqliteStores);
deploymentStoreContract('deployment settings in SQLite', openSqliteStores);
blockStoreContract('blocked content in SQLite', openSqliteStores);
