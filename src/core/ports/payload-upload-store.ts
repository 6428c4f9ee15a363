import type { ContentPart, ObjectContent } from './content.ts';
import type { Seal } from './idempotency-store.ts';
import type { StoredPayload } from './payload-store.ts';
import type { CompletionRefusal, UploadedPart } from './upload-store.ts';

/** A payload whose content is in the blob store. */
export type UploadedPayload = Omit<StoredPayload, 'content'> & {
  content: Exclude<ObjectContent, { kind: 'inline' }>;
};

/** Uploads that become payloads. Every promise of a write resolves only when the write is durable. */
export interface PayloadUploadStore {
  /** The received parts of an upload, in the order of their numbers. */
  content(uploadId: string): Promise<ContentPart[]>;

  /**
   * Turns an upload that has not expired at the payload's `createdAt` into a payload, in one transaction. Removes the
   * upload and its reservation. Its parts become those of the payload, or the journal record of the blob that was made
   * of them is removed. Stores the answer of an idempotent request.
   *
   * @param parts The parts of the content, if it is in parts. Other parts are discarded.
   * @returns Why nothing was written, unless it was completed.
   */
  complete(
    uploadId: string,
    payload: UploadedPayload,
    parts: UploadedPart[],
    seal?: Seal<null>,
  ): Promise<'completed' | CompletionRefusal>;
}
