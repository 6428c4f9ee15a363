import { readContentCoding } from '../coding/content-coding.ts';
import type { Placement } from '../content/placement.ts';
import { type Failure, uploadNotFound } from '../failure.ts';
import { newHashId } from '../ids.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { ObjectStore, StoredObject } from '../ports/buckets/object-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { DirectUploads } from '../ports/files/direct-uploads.ts';
import type { Confirmation, StoredUpload, UploadStore } from '../ports/files/upload-store.ts';
import type { OutgoingEvent } from '../ports/webhooks/outbox.ts';
import { completeFile } from './file-of-upload.ts';
import { requireMetadata } from './metadata.ts';
import {
  completeInStore,
  type NamedPart,
  notUploaded,
  partReplaced,
  partsOf,
  readUploaded,
  requireAllParts,
  requireUploaded,
} from './uploaded-parts.ts';
import type { Uploads } from './uploads.ts';

/** A file as an event reports it before it is stored. */
export type ConfirmedObject = Omit<StoredObject, 'position' | 'expiresAt'>;

export type ConfirmOptions = {
  /** Replaces the metadata of the upload. */
  metadata?: Record<string, unknown> | null;
  /** Returns the event that enters the outbox in the transaction of the confirmation. */
  event?: (object: ConfirmedObject) => OutgoingEvent | undefined;
};

type ConfirmationStores = {
  uploads: UploadStore;
  objects: ObjectStore;
  direct: DirectUploads | undefined;
};

type ConfirmationsDeps = {
  stores: ConfirmationStores;
  uploads: Uploads;
  placement: Placement;
  /** How long a copy in the blob store may continue after a timeout (ms). */
  maxUploadTime: number;
  clock: Clock;
};

/** Confirms uploads: turns them into files. */
export class Confirmations {
  readonly #deps: ConfirmationsDeps;

  constructor(deps: ConfirmationsDeps) {
    this.#deps = deps;
  }

  /**
   * Confirms an upload. An upload can be confirmed once.
   *
   * @throws Failure `upload_not_found`, `not_uploaded`, `coding_refused`, `no_room`, `store_away`
   */
  async confirm(account: StoredAccount, id: string, options: ConfirmOptions = {}): Promise<StoredObject> {
    const upload = await this.#deps.uploads.find(account, id);
    if (upload.partSize !== null) throw notUploaded('It is an upload in parts: complete it instead');
    const { confirmation, event } = this.#prepare(upload, options);
    return upload.directKey === null
      ? this.#confirmReceived(upload, confirmation, event)
      : this.#confirmCopied(upload, upload.directKey, confirmation, event);
  }

  /**
   * Completes an upload in parts. `named` lists all parts in the order of their numbers.
   *
   * @throws Failure as `confirm`, and `invalid` if the list does not match the received parts
   */
  async complete(
    account: StoredAccount,
    id: string,
    named: NamedPart[],
    options: ConfirmOptions = {},
  ): Promise<StoredObject> {
    const upload = await this.#deps.uploads.find(account, id);
    if (upload.partSize === null) throw uploadNotFound();
    requireAllParts(upload, named);
    const { confirmation, event } = this.#prepare(upload, options);
    const confirmed =
      upload.directKey === null
        ? await this.#completeHere(upload, named, confirmation, event)
        : await this.#completeDirect(upload, upload.directKey, named, confirmation, event);
    if (confirmed === 'parts_changed') throw partReplaced();
    if (typeof confirmed === 'string') throw uploadNotFound();
    return confirmed;
  }

  async #confirmReceived(upload: StoredUpload, confirmation: Confirmation, event?: OutgoingEvent) {
    if (!upload.isReceived) throw notUploaded('Its content was not received');
    const confirmed = await completeFile(this.#deps.stores, upload, 'received', confirmation, event);
    if (typeof confirmed === 'string') throw uploadNotFound();
    return confirmed;
  }

  /** Copies the blob, because the presigned URL stays valid and a second PUT could replace it. */
  async #confirmCopied(
    upload: StoredUpload,
    directKey: string,
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ): Promise<StoredObject> {
    const { direct } = this.#deps.stores;
    const blob = await direct?.inspect(directKey);
    if (direct === undefined || blob === undefined) throw await this.#missingBlob(upload);
    // Some blob stores keep the bytes of an interrupted PUT.
    if (blob.size !== upload.declaredSize) throw notUploaded('Its content is incomplete');
    // The blob store accepts any coding; this server accepts only those that it knows.
    const coded = { ...upload, contentEncoding: readContentCoding(blob.contentEncoding) ?? null };
    const outcome = await this.#deps.placement.storeCopied(
      blob.size,
      (key) => direct.copy(directKey, blob.version, key),
      (placed) => completeFile(this.#deps.stores, coded, placed, confirmation, event),
      this.#deps.maxUploadTime,
    );
    if (typeof outcome === 'string') throw uploadNotFound();
    if (outcome === undefined) throw await this.#missingBlob(upload);
    return outcome;
  }

  /** The error for a missing blob. A concurrent request may have confirmed the upload and removed it. */
  async #missingBlob({ id }: StoredUpload): Promise<Failure> {
    const uploadExists = (await this.#deps.stores.uploads.find(id)) !== undefined;
    return uploadExists ? notUploaded('Its content was not received') : uploadNotFound();
  }

  async #completeHere(
    upload: StoredUpload,
    named: NamedPart[],
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ) {
    const { uploads } = this.#deps.stores;
    const parts = requireUploaded(upload, named, await partsOf(uploads, upload));
    await readUploaded(uploads, upload, () =>
      this.#deps.placement.requireUnblocked({ kind: 'parts', parts }),
    );
    return completeFile(this.#deps.stores, upload, parts, confirmation, event);
  }

  async #completeDirect(
    upload: StoredUpload,
    key: string,
    named: NamedPart[],
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ) {
    const { direct, uploads } = this.#deps.stores;
    await completeInStore(direct, upload, key, named);
    await readUploaded(uploads, upload, () => this.#deps.placement.requireUnblocked({ kind: 'blob', key }));
    const placed = {
      content: { kind: 'blob' as const, key },
      size: upload.declaredSize,
      isText: false,
    };
    return completeFile(this.#deps.stores, upload, placed, confirmation, event);
  }

  #prepare(upload: StoredUpload, { metadata, event }: ConfirmOptions) {
    const [at, etag] = [this.#deps.clock(), newHashId()];
    const confirmation: Confirmation = {
      etag,
      at,
      expiresAt: upload.objectExpiresAt,
      metadata: metadata === undefined ? upload.metadata : requireMetadata(metadata),
    };
    const object = {
      ...upload,
      metadata: confirmation.metadata,
      size: upload.declaredSize,
      etag,
      digest: null,
      createdAt: at,
      updatedAt: at,
      downloads: 0,
      lastDownloadAt: null,
    };
    return { confirmation, event: event?.(object) };
  }
}
