import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { bucketRemovalContract } from './bucket-removal.contract.ts';
import { bucketStoreContract } from './bucket-store.contract.ts';
import { multipartCompletionContract } from './multipart-completion.contract.ts';
import { multipartDirectContract } from './multipart-direct.contract.ts';
import { multipartStoreContract } from './multipart-store.contract.ts';
import { objectEventsContract } from './object-events.contract.ts';
import { objectKeysContract } from './object-keys.contract.ts';
import { objectRemovalContract } from './object-removal.contract.ts';
import { objectReplacementContract } from './object-replacement.contract.ts';
import { objectWritesContract } from './object-writes.contract.ts';

const openOne = () => [openTemporaryStores()];

bucketStoreContract('buckets in SQLite', openOne);
bucketRemovalContract('the removal of buckets in SQLite', openOne);
objectWritesContract('writes of objects in SQLite', openOne);
objectReplacementContract('the replacement of objects in SQLite', openOne);
objectRemovalContract('the removal of objects in SQLite', openOne);
objectEventsContract('events of objects in SQLite', openOne);
objectKeysContract('lists by key in SQLite', openOne);
multipartStoreContract('uploads in parts in SQLite', openOne);
multipartDirectContract('direct uploads in parts in SQLite', openOne);
multipartCompletionContract('the completion of uploads in SQLite', openOne);
