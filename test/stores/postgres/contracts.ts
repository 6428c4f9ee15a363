import { accountStoreContract } from '../../ports/account-store.contract.ts';
import { anonymousMeterContract } from '../../ports/anonymous-meter.contract.ts';
import { banStoreContract } from '../../ports/ban-store.contract.ts';
import { blobJournalContract } from '../../ports/blob-journal.contract.ts';
import { blockStoreContract } from '../../ports/block-store.contract.ts';
import { bucketRemovalContract } from '../../ports/bucket-removal.contract.ts';
import { bucketStoreContract } from '../../ports/bucket-store.contract.ts';
import { bucketVisibilityContract } from '../../ports/bucket-visibility.contract.ts';
import { changesContract } from '../../ports/changes.contract.ts';
import { databaseUpkeepContract } from '../../ports/database-upkeep.contract.ts';
import { deploymentStoreContract } from '../../ports/deployment-store.contract.ts';
import { fileRouteStoreContract } from '../../ports/file-route-store.contract.ts';
import { idempotencyStoreContract } from '../../ports/idempotency-store.contract.ts';
import { inventoryContract } from '../../ports/inventory.contract.ts';
import { inventoryFaultsContract } from '../../ports/inventory-faults.contract.ts';
import { objectEventsContract } from '../../ports/object-events.contract.ts';
import { objectKeysContract } from '../../ports/object-keys.contract.ts';
import { objectRemovalContract } from '../../ports/object-removal.contract.ts';
import { objectReplacementContract } from '../../ports/object-replacement.contract.ts';
import { objectStoreContract } from '../../ports/object-store.contract.ts';
import { objectWritesContract } from '../../ports/object-writes.contract.ts';
import { outboxContract } from '../../ports/outbox.contract.ts';
import { payloadStoreContract } from '../../ports/payload-store.contract.ts';
import { planStoreContract } from '../../ports/plan-store.contract.ts';
import { restoredRowsContract } from '../../ports/restored-rows.contract.ts';
import { roomLeasesContract } from '../../ports/room-leases.contract.ts';
import { storageMeterContract } from '../../ports/storage-meter.contract.ts';
import { trafficStoreContract } from '../../ports/traffic-store.contract.ts';
import { uploadStoreContract } from '../../ports/upload-store.contract.ts';
import { webhookDeliveriesContract } from '../../ports/webhook-deliveries.contract.ts';
import { webhookStoreContract } from '../../ports/webhook-store.contract.ts';
import type { PostgresServer } from '../../support/postgres.ts';
import { openerOf } from './open-postgres-stores.ts';
import { faultsIn } from './postgres-faults.ts';
import { announcingStores, outboxIn } from './postgres-outbox.ts';

/** Every contract of the ports, without their races, on the stores of this server. */
export function postgresContracts(start: () => Promise<PostgresServer>): void {
  const open = openerOf((stores) => stores, start);
  const openOutbox = openerOf(outboxIn, start);
  const openAnnouncing = openerOf(announcingStores, start);
  const openWithFaults = openerOf((stores) => ({ ...stores, faults: faultsIn(stores) }), start);

  payloadStoreContract('payloads in PostgreSQL', open);
  changesContract('the changes of a PostgreSQL database', open);
  blobJournalContract('the blob journal in PostgreSQL', open);
  idempotencyStoreContract('idempotency records in PostgreSQL', open);
  outboxContract('the outbox in PostgreSQL', openOutbox);
  webhookStoreContract('webhooks of accounts in PostgreSQL', openAnnouncing);
  webhookDeliveriesContract('deliveries to webhooks of accounts in PostgreSQL', openAnnouncing);
  banStoreContract('bans in PostgreSQL', open);
  accountStoreContract('accounts in PostgreSQL', open);
  objectStoreContract('files in PostgreSQL', open);
  uploadStoreContract('PostgreSQL', open);
  fileRouteStoreContract('file routes in PostgreSQL', open);

  bucketStoreContract('buckets in PostgreSQL', open);
  bucketRemovalContract('the removal of buckets in PostgreSQL', open);
  bucketVisibilityContract('buckets over two connections to PostgreSQL', open);
  objectWritesContract('writes of objects in PostgreSQL', open);
  objectReplacementContract('the replacement of objects in PostgreSQL', open);
  objectRemovalContract('the removal of objects in PostgreSQL', open);
  objectEventsContract('events of objects in PostgreSQL', open);
  objectKeysContract('lists by key in PostgreSQL', open);

  trafficStoreContract('traffic of accounts in PostgreSQL', open);
  deploymentStoreContract('deployment settings in PostgreSQL', open);
  planStoreContract('plans in PostgreSQL', open);
  blockStoreContract('blocked content in PostgreSQL', open);
  storageMeterContract('the storage meter in PostgreSQL', open);
  anonymousMeterContract('the storage meter of anonymous callers in PostgreSQL', open);
  roomLeasesContract('leases of room in PostgreSQL', open);
  databaseUpkeepContract('the upkeep of a PostgreSQL database', open);
  inventoryContract('the inventory of a PostgreSQL database', open);
  inventoryFaultsContract('faults in a PostgreSQL database', openWithFaults);
  restoredRowsContract('a restored PostgreSQL database', open);
}
