import { accountRacesContract } from '../../ports/account-races.contract.ts';
import { bucketRacesContract } from '../../ports/bucket-races.contract.ts';
import { bucketRemovalContract } from '../../ports/bucket-removal.contract.ts';
import { bucketStoreContract } from '../../ports/bucket-store.contract.ts';
import { bucketVisibilityContract } from '../../ports/bucket-visibility.contract.ts';
import { multipartCompletionContract } from '../../ports/multipart-completion.contract.ts';
import { multipartCompletionRacesContract } from '../../ports/multipart-completion-races.contract.ts';
import { multipartDirectContract } from '../../ports/multipart-direct.contract.ts';
import { multipartPartRacesContract } from '../../ports/multipart-part-races.contract.ts';
import { multipartStoreContract } from '../../ports/multipart-store.contract.ts';
import { objectEventsContract } from '../../ports/object-events.contract.ts';
import { objectKeysContract } from '../../ports/object-keys.contract.ts';
import { objectPutRacesContract } from '../../ports/object-put-races.contract.ts';
import { objectRemovalContract } from '../../ports/object-removal.contract.ts';
import { objectRemovalRacesContract } from '../../ports/object-removal-races.contract.ts';
import { objectReplacementContract } from '../../ports/object-replacement.contract.ts';
import { objectWritesContract } from '../../ports/object-writes.contract.ts';
import { outboxRacesContract } from '../../ports/outbox-races.contract.ts';
import { payloadRacesContract } from '../../ports/payload-races.contract.ts';
import { uploadRacesContract } from '../../ports/upload-races.contract.ts';
import { openTemporaryStores } from './temporary-stores.ts';

const openOne = () => [openTemporaryStores()];

/** Two connections to one file behave like two processes. */
function openTwo() {
  const first = openTemporaryStores();
  return [first, openTemporaryStores(first.file)];
}

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
bucketVisibilityContract('buckets over two connections to SQLite', openTwo);

for (const [connections, open] of [
  ['one connection', openOne],
  ['two connections', openTwo],
] as const) {
  bucketRacesContract(`races of buckets over ${connections} to SQLite`, open);
  objectPutRacesContract(`races of puts over ${connections} to SQLite`, open);
  objectRemovalRacesContract(`races of removals over ${connections} to SQLite`, open);
  multipartPartRacesContract(`races of parts over ${connections} to SQLite`, open);
  multipartCompletionRacesContract(`races of completions over ${connections} to SQLite`, open);
  accountRacesContract(`races of accounts over ${connections} to SQLite`, open);
  uploadRacesContract(`races of uploads over ${connections} to SQLite`, open);
  payloadRacesContract(`races of payloads over ${connections} to SQLite`, open);
  outboxRacesContract(`races of the outbox over ${connections} to SQLite`, open);
}
