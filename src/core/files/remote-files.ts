import type { Plans } from '../accounts/plans.ts';
import { requireMediaType } from '../coding/media-type.ts';
import type { Placement } from '../content/placement.ts';
import { uploadNotFound } from '../failure.ts';
import { newHashId } from '../ids.ts';
import type { RemoteCaller, RemoteCalls } from '../limits/remote-calls.ts';
import type { AccountStore, StoredAccount } from '../ports/accounts/account-store.ts';
import type { ObjectStore, StoredObject } from '../ports/buckets/object-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredUpload, UploadStore } from '../ports/files/upload-store.ts';
import type { Outbound, RemoteContent } from '../ports/outbound.ts';
import { requireFileName } from './file-name.ts';
import { completeFile } from './file-of-upload.ts';
import { maxBytes } from './quotas.ts';
import type { FileRequest, Uploads } from './uploads.ts';

type RemoteFileStores = {
  accounts: AccountStore;
  uploads: UploadStore;
  objects: ObjectStore;
  outbound: Outbound;
};

/** Describes a file to fetch. Omitted fields come from the response of the remote server. */
type RemoteFileRequest = Omit<FileRequest, 'name' | 'mediaType' | 'size'> & {
  name?: string;
  mediaType?: string;
};

type RemoteFilesDeps = {
  stores: RemoteFileStores;
  calls: RemoteCalls;
  uploads: Uploads;
  plans: Plans;
  placement: Placement;
  maxObjectSize: number;
  clock: Clock;
};

/** Creates files from URLs. */
export class RemoteFiles {
  readonly #deps: RemoteFilesDeps;

  constructor(deps: RemoteFilesDeps) {
    this.#deps = deps;
  }

  /**
   * Creates a file from a URL when it is the caller's turn. Reserves the size before it stores the first byte.
   *
   * @throws Failure `invalid`, `remote_failed`, `too_large`, `type_refused`, `bytes_exceeded`,
   *   `objects_exceeded`, `no_room`, `store_away`, `rate_limited`
   */
  fetchFrom(caller: RemoteCaller, url: string, request: RemoteFileRequest): Promise<StoredObject> {
    return this.#deps.calls.during(caller, async () => {
      const remote = await this.#deps.stores.outbound.get(url);
      try {
        return await this.#store(caller.account, remote, request);
      } catch (error) {
        remote.close();
        throw error;
      }
    });
  }

  async #store(
    account: StoredAccount,
    remote: RemoteContent,
    request: RemoteFileRequest,
  ): Promise<StoredObject> {
    const upload = await this.#deps.uploads.reserveHere(account, {
      ...request,
      name: request.name ?? usable(remote.name, requireFileName) ?? 'download',
      mediaType:
        request.mediaType ?? usable(remote.mediaType, requireMediaType) ?? 'application/octet-stream',
      size: remote.size ?? (await this.#maxRemaining(account)),
    });
    try {
      return await this.#complete(upload, remote);
    } catch (error) {
      await this.#deps.stores.uploads.abort(upload.id, this.#deps.clock());
      throw error;
    }
  }

  async #complete(upload: StoredUpload, { chunks, size }: RemoteContent): Promise<StoredObject> {
    const room = await this.#deps.placement.roomOf(upload.accountId);
    const incoming = { chunks, declaredSize: size, limit: upload.declaredSize, room };
    const outcome = await this.#deps.placement.storeStream(incoming, async (placed) => {
      const { objectExpiresAt: expiresAt, metadata } = upload;
      const confirmation = { etag: newHashId(), at: this.#deps.clock(), expiresAt, metadata };
      return completeFile(this.#deps.stores, upload, placed, confirmation);
    });
    if (typeof outcome === 'string') throw uploadNotFound();
    return outcome;
  }

  /** The maximum size of content of unknown length: the rest of the account's quota. */
  async #maxRemaining(account: StoredAccount): Promise<number> {
    const plan = await this.#deps.plans.find(account.plan);
    const maxSize = maxBytes(plan, this.#deps.maxObjectSize);
    if (plan.maxStoredBytes === null) return maxSize;
    const { storedBytes, reservedBytes } = await this.#deps.stores.accounts.usage(account.id);
    return Math.max(1, Math.min(maxSize, plan.maxStoredBytes - storedBytes - reservedBytes));
  }
}

/** Values from a remote server must pass the same checks as values from the caller; otherwise they are ignored. */
function usable(value: string | undefined, require: (value: string) => string): string | undefined {
  try {
    return value === undefined ? undefined : require(value);
  } catch {
    return undefined;
  }
}
