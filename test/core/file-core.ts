import { readdirSync } from 'node:fs';
import { Accounts } from '../../src/core/accounts/accounts.ts';
import { Plans } from '../../src/core/accounts/plans.ts';
import { Capacity } from '../../src/core/content/capacity.ts';
import { Placement } from '../../src/core/content/placement.ts';
import { Confirmations } from '../../src/core/files/confirmations.ts';
import { FileRoutes } from '../../src/core/files/file-routes.ts';
import { Files } from '../../src/core/files/files.ts';
import { RemoteFiles } from '../../src/core/files/remote-files.ts';
import { Reservations, type UploadTarget } from '../../src/core/files/reservations.ts';
import { type IncomingFile, UploadReceiver } from '../../src/core/files/upload-receiver.ts';
import { type FileRequest, Uploads } from '../../src/core/files/uploads.ts';
import { Sweeper } from '../../src/core/operation/sweeper.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { BlobStore } from '../../src/core/ports/content/blob-store.ts';
import { Signer } from '../../src/core/signing.ts';
import { DiskBlobStore } from '../../src/stores/blobs/disk.ts';
import { GuardedOutbound } from '../../src/stores/outbound/guarded-outbound.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { FailingBlobs } from './failing-blobs.ts';
import { oneNode } from './one-node.ts';
import { freeRemoteCalls } from './remote-calls-scene.ts';
import { SettableTime } from './settable-time.ts';

export const hour = 3_600_000;
export const leaseTime = 60_000;
export const maxUploadTime = 6 * hour;
/** Content over this many bytes is a blob. */
export const inlineLimit = 1024;

export type FileCore = Awaited<ReturnType<typeof openFileCore>>;

type Settings = { maxObjectSize?: number; maxStorage?: number; blobs?: BlobStore };

/** The core of accounts and files over real stores, with a clock that the test sets. */
export async function openFileCore({ maxObjectSize = 100_000_000, maxStorage, blobs: real }: Settings = {}) {
  const time = new SettableTime();
  const { clock, timers } = time;
  const stores = openTemporaryStores();
  const blobs = new FailingBlobs(real ?? (await openDisk()));
  const earlierFiles = new Set(blobFiles());
  const capacity = new Capacity({
    limits: { maxStorage, minFreeSpace: 0 },
    meter: stores.meter,
    spaces: [],
    clock,
  });
  const placement = new Placement({
    settings: { inlineLimit, leaseTime },
    blobs,
    journal: stores.journal,
    capacity,
    clock,
    timers,
  });
  const signer = new Signer('the secret of this test');
  const outbound = new GuardedOutbound({ allowPrivate: true }, async () => []);
  const plans = new Plans(stores.plans);
  const settings = { presignTtl: hour, maxObjectSize };
  const { direct } = blobs;
  const reservations = new Reservations({
    store: stores.uploads,
    direct,
    placement,
    maxUploadTime,
    signer,
    clock,
    timers,
  });
  const uploads = new Uploads({ settings, plans, reservations, clock });
  const receiver = new UploadReceiver({ store: stores.uploads, placement, signer, clock });
  const confirmations = new Confirmations({
    stores: { ...stores, direct: blobs.direct },
    uploads,
    placement,
    maxUploadTime,
    clock,
  });
  const remoteFiles = new RemoteFiles({
    stores: { ...stores, outbound },
    calls: freeRemoteCalls(time),
    uploads,
    plans,
    placement,
    maxObjectSize,
    clock,
  });
  const accounts = new Accounts({ store: stores.accounts, plans, clock, timers, staleness: oneNode });
  const objects = new Files({ store: stores.objects, placement, signer, clock, timers });
  const sweeper = new Sweeper({ ...stores, blobs }, clock, timers);

  /** PUTs to a presigned URL of this server. @returns The ETag. */
  async function put(target: UploadTarget, content: Uint8Array, given: Partial<IncomingFile> = {}) {
    if (target.kind === 'direct') throw new Error('its bytes go to the blob store');
    return receiver.receive(target, {
      mediaType: 'image/jpeg',
      contentEncoding: null,
      declaredSize: content.length,
      chunks: chunksOf(content),
      ...given,
    });
  }

  const reserve = (account: StoredAccount, given: Partial<FileRequest> = {}) =>
    uploads.reserve(account, someFile(given));

  return {
    ...{
      time,
      stores,
      blobs,
      placement,
      plans,
      accounts,
      uploads,
      reception: receiver,
      confirmations,
      remoteFiles,
      objects,
    },
    ...{ sweeper, put, reserve, fileRoutes: new FileRoutes(stores.fileRoutes, outbound, clock) },

    /** An operator's account, without limits and without an expiry. */
    async account(name = 'acme'): Promise<StoredAccount> {
      await accounts.createKey('putput', name);
      return accounts.named(name);
    },

    async guest(): Promise<StoredAccount> {
      return (await accounts.createGuest()).account;
    },

    /** A file that was reserved, PUT and confirmed. */
    async file(account: StoredAccount, content: Uint8Array, given: Partial<FileRequest> = {}) {
      const { upload, target } = await reserve(account, { ...given, size: content.length });
      await put(target, content, { mediaType: upload.mediaType });
      return confirmations.confirm(account, upload.id);
    },

    usage: ({ id }: StoredAccount) => stores.accounts.usage(id),

    /** The number of all rows, except accounts. */
    async held() {
      const count = (table: string) =>
        stores.connection.raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
      return {
        files: blobFiles().filter((name) => !earlierFiles.has(name)).length,
        objects: count('objects'),
        uploads: count('uploads'),
        parts: count('parts'),
        records: await stores.journal.count(),
        blobBytes: (await stores.meter.usage()).blobBytes,
      };
    },
  };
}

/** One folder for all tests, because the store creates 256 folders in it, and keys are never reused. */
let disk: { folder: string; store: Promise<DiskBlobStore> } | undefined;

function openDisk(): Promise<DiskBlobStore> {
  if (disk === undefined) {
    const folder = temporaryDirectory('blobs');
    disk = { folder, store: DiskBlobStore.open(folder) };
  }
  return disk.store;
}

function blobFiles(): string[] {
  if (disk === undefined) return [];
  return readdirSync(disk.folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ name }) => name);
}

export const nothingHeld = { files: 0, objects: 0, uploads: 0, parts: 0, records: 0, blobBytes: 0 };
export const nothingUsed = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The photo of docs/contract/putput.md, "Example", except for the given fields. */
export function someFile(given: Partial<FileRequest> = {}): FileRequest {
  return { name: 'photo.jpg', mediaType: 'image/jpeg', size: 100, keyPrefix: '', isPublic: true, ...given };
}

/** Chunks of a body; it fails at an error. */
export async function* chunksOf(...chunks: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield Uint8Array.from(chunk);
  }
}

export function bytes(length: number, seed = 31): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * seed) % 251);
}

export async function bytesIn(body: string | Uint8Array | ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
}
