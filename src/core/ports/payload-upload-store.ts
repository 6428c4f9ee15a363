import type { ContentPart, ObjectContent } from './content.ts';
import type { Seal } from './idempotency-store.ts';
import type { StoredPayload } from './payload-store.ts';
import type { CompletionRefusal, UploadedPart } from './upload-store.ts';

/** A payload whose bytes are in the blob store already. */
export type UploadedPayload = Omit<StoredPayload, 'content'> & {
  content: Exclude<ObjectContent, { kind: 'inline' }>;
};

/** Uploads that become payloads. Every promise of a write resolves only when the write is durable. */
export interface PayloadUploadStore {
  /** Where the parts of an upload are that are here, in the order of their numbers. */
  content(uploadId: string): Promise<ContentPart[]>;

  /**
   * Puts a payload in the place of an upload that has not expired at the payload's `createdAt`, in one transaction:
   * the upload goes with what it reserved, and its parts become the payload's, or else the record of the blob that
   * was made of them is taken out of the journal. An answer is kept with it.
   *
   * @param parts Those that the content is made of, where it is in parts. Others are let go of.
   * @returns Why nothing was written, unless it was completed.
   */
  complete(
    uploadId: string,
    payload: UploadedPayload,
    parts: UploadedPart[],
    seal?: Seal<null>,
  ): Promise<'completed' | CompletionRefusal>;
}
