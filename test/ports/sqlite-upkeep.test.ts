import { blockStoreContract } from './block-store.contract.ts';
import { databaseUpkeepContract } from './database-upkeep.contract.ts';
import { deploymentStoreContract } from './deployment-store.contract.ts';
import { inventoryContract } from './inventory.contract.ts';
import { inventoryFaultsContract } from './inventory-faults.contract.ts';
import { openSqliteStoresWithFaults } from './sqlite-faults.ts';
import { openSqliteStores } from './sqlite-stores.ts';
import { storageMeterContract } from './storage-meter.contract.ts';
import { strangersMeterContract } from './strangers-meter.contract.ts';
import { trafficStoreContract } from './traffic-store.contract.ts';

trafficStoreContract('traffic of accounts in SQLite', openSqliteStores);
deploymentStoreContract('deployment settings in SQLite', openSqliteStores);
blockStoreContract('blocked content in SQLite', openSqliteStores);
storageMeterContract('the storage meter in SQLite', openSqliteStores);
strangersMeterContract('what strangers store in SQLite', openSqliteStores);
databaseUpkeepContract('the upkeep of a SQLite database', openSqliteStores);
inventoryContract('the inventory of a SQLite database', openSqliteStores);
inventoryFaultsContract('faults in a SQLite database', openSqliteStoresWithFaults);
