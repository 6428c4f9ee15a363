import type { AccountStore } from './accounts/account-store.ts';
import type { BanStore } from './accounts/ban-store.ts';
import type { PlanStore } from './accounts/plan-store.ts';
import type { TrafficStore } from './accounts/traffic-store.ts';
import type { BucketStore } from './buckets/bucket-store.ts';
import type { ObjectStore } from './buckets/object-store.ts';
import type { ObjectWrites } from './buckets/object-writes.ts';
import type { Changes } from './changes.ts';
import type { BlobJournal } from './content/blob-journal.ts';
import type { BlockStore } from './content/block-store.ts';
import type { Inventory } from './content/inventory.ts';
import type { RoomLeases } from './content/room-leases.ts';
import type { AnonymousMeter, StorageMeter } from './content/storage-meter.ts';
import type { DatabaseUpkeep } from './database-upkeep.ts';
import type { DeploymentStore } from './deployment-store.ts';
import type { FileRouteStore } from './files/file-route-store.ts';
import type { UploadStore } from './files/upload-store.ts';
import type { IdempotencyStore } from './idempotency-store.ts';
import type { PayloadStore } from './payload-store.ts';
import type { Outbox } from './webhooks/outbox.ts';
import type { WebhookStore } from './webhooks/webhook-store.ts';

/**
 * Every port that a database implements. The stores of one database share its transactions. If the database is another
 * process, any write may throw `OutcomeUnknown`.
 */
export type Stores = {
  accounts: AccountStore;
  bans: BanStore;
  blocks: BlockStore;
  buckets: BucketStore;
  changes: Changes;
  deployment: DeploymentStore;
  fileRoutes: FileRouteStore;
  idempotency: IdempotencyStore;
  inventory: Inventory;
  journal: BlobJournal;
  meter: StorageMeter & AnonymousMeter;
  objects: ObjectStore;
  objectWrites: ObjectWrites;
  payloads: PayloadStore;
  plans: PlanStore;
  /** Only of a database that several nodes may share. */
  roomLeases?: RoomLeases;
  webhooks: WebhookStore;
  traffic: TrafficStore;
  upkeep: DatabaseUpkeep;
  uploads: UploadStore;
  outbox: Outbox;
  /** The transactions committed since the start, and the writes in them. */
  writeCounts: { readonly commits: number; readonly writers: number };
  /** Checks unexpected errors for signs of damage. After it found one, `ping` rejects. */
  damage: { note(error: unknown): void };
  /** Resolves if the database answers. @throws Unhealthy */
  ping(): Promise<void>;
  close(): Promise<void>;
};
