import { blobJournalContract } from '../../ports/blob-journal.contract.ts';
import { idempotencyStoreContract } from '../../ports/idempotency-store.contract.ts';
import { objectPutRacesContract } from '../../ports/object-put-races.contract.ts';
import { objectWritesContract } from '../../ports/object-writes.contract.ts';
import { outboxContract } from '../../ports/outbox.contract.ts';
import { payloadRacesContract } from '../../ports/payload-races.contract.ts';
import { payloadStoreContract } from '../../ports/payload-store.contract.ts';
import { uploadStoreContract } from '../../ports/upload-store.contract.ts';
import { startNewestPostgres } from '../../support/newest-postgres.ts';
import { findPart } from '../../support/parts.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { openerOf } from './open-postgres-stores.ts';
import { outboxIn } from './postgres-outbox.ts';

// The other tests run on the oldest supported version. When a test times out, Bun kills what was started within tests.
const server = (await findPart('newest-postgres')) && (await startNewestPostgres());
const newest = async () => {
  if (!server) throw new Error('the suite is skipped');
  return server;
};

await suiteWith(['newest-postgres'], 'the newest PostgreSQL', () => {
  const open = openerOf((stores) => stores, newest);
  payloadStoreContract('payloads', open);
  blobJournalContract('the blob journal', open);
  idempotencyStoreContract('idempotency records', open);
  objectWritesContract('writes of objects', open);
  uploadStoreContract('the newest PostgreSQL', open);
  outboxContract('the outbox', openerOf(outboxIn, newest));
  payloadRacesContract('races of payloads by two processes', open, 2);
  objectPutRacesContract('races of puts by two processes', open, 2);
});
