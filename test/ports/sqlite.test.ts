import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { bucketRemovalContract } from './bucket-removal.contract.ts';
import { bucketStoreContract } from './bucket-store.contract.ts';

const openOne = () => [openTemporaryStores()];

bucketStoreContract('buckets in SQLite', openOne);
bucketRemovalContract('the removal of buckets in SQLite', openOne);
