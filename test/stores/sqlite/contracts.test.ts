import { banStoreContract } from './ban-store.contract.ts';
import { blobJournalContract } from './blob-journal.contract.ts';
import { idempotencyStoreContract } from './idempotency-store.contract.ts';
import { openWebhookStore } from './open-webhook-store.ts';
import { payloadStoreContract } from './payload-store.contract.ts';
import { openTemporaryStores } from './temporary-stores.ts';
import { webhookStoreContract } from './webhook-store.contract.ts';

payloadStoreContract('payloads in SQLite', openTemporaryStores);
blobJournalContract('the blob journal in SQLite', () => openTemporaryStores().journal);
idempotencyStoreContract('idempotency records in SQLite', openTemporaryStores);
webhookStoreContract('webhooks and their outbox in SQLite', openWebhookStore);
banStoreContract('bans in SQLite', openTemporaryStores);
