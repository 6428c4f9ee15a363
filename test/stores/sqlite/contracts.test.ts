import { blobJournalContract } from './blob-journal.contract.ts';
import { idempotencyStoreContract } from './idempotency-store.contract.ts';
import { payloadStoreContract } from './payload-store.contract.ts';
import { openTemporaryStores } from './temporary-stores.ts';

payloadStoreContract('payloads in SQLite', openTemporaryStores);
blobJournalContract('the blob journal in SQLite', () => openTemporaryStores().journal);
idempotencyStoreContract('idempotency records in SQLite', openTemporaryStores);
