import { newHashId } from '../../src/core/ids.ts';
import type { NewAccount, Usage } from '../../src/core/ports/accounts/account-store.ts';
import type { PlacedContent } from '../../src/core/ports/content/content.ts';
import type { StoredUpload } from '../../src/core/ports/files/upload-store.ts';
import type { Quota, QuotaVerdict } from '../../src/core/ports/limits/quota.ts';

type ModelPart = { size: number; etag: string; key: string };

/** Where bytes are: inline, in one blob, or in parts by number. */
type ModelBytes = { blobKey: string | null; size: number } | { parts: Map<number, ModelPart> };

export type ModelUpload = { upload: StoredUpload; bytes: ModelBytes | undefined };
type ModelObject = { accountId: string; size: number; bytes: ModelBytes; expiresAt: number | null };

/** The expected usage of accounts and blobs, kept as simply as possible. */
export class Books {
  now = Date.UTC(2025, 2, 1);
  readonly uploads = new Map<string, ModelUpload>();
  readonly objects = new Map<string, ModelObject>();
  /** Blob keys that the journal must have, and whether a row could still take them. */
  readonly journal = new Map<string, 'write' | 'remove'>();

  /** A journal entry of a writer, or one that a sweep has claimed. */
  record(isClaimed: boolean): string {
    const key = newHashId();
    this.journal.set(key, isClaimed ? 'remove' : 'write');
    return key;
  }

  live(id: string): ModelUpload | undefined {
    const found = this.uploads.get(id);
    return found && found.upload.expiresAt > this.now ? found : undefined;
  }

  usage({ id }: NewAccount): Usage {
    const uploads = [...this.uploads.values()].filter(({ upload }) => upload.accountId === id);
    const objects = [...this.objects.values()].filter(({ accountId }) => accountId === id);
    return {
      storedBytes: sum(objects.map(({ size }) => size)),
      storedObjects: objects.length,
      reservedBytes: sum(uploads.map(({ upload }) => upload.declaredSize)),
      reservedObjects: uploads.length,
    };
  }

  verdict(account: NewAccount, size: number, { maxStoredBytes, maxObjects }: Quota): QuotaVerdict {
    const { storedBytes, storedObjects, reservedBytes, reservedObjects } = this.usage(account);
    if (size > 0 && storedBytes + reservedBytes + size > (maxStoredBytes ?? Number.POSITIVE_INFINITY))
      return 'bytes_exceeded';
    return storedObjects + reservedObjects + 1 > (maxObjects ?? Number.POSITIVE_INFINITY)
      ? 'objects_exceeded'
      : 'within';
  }

  /** Publishes the blob of placed content. @returns False if a sweep has claimed it. */
  take({ content }: PlacedContent): boolean {
    if (content.kind === 'inline') return true;
    if (this.journal.get(content.key) !== 'write') return false;
    this.journal.delete(content.key);
    return true;
  }

  release(bytes: ModelBytes | undefined): void {
    for (const { key } of blobsOf(bytes)) this.journal.set(key, 'remove');
  }

  /** Removes an upload, with its content. */
  drop(id: string): void {
    const dropped = this.uploads.get(id);
    if (dropped === undefined) return;
    this.release(dropped.bytes);
    if (dropped.upload.directKey !== null) this.journal.set(dropped.upload.directKey, 'remove');
    this.uploads.delete(id);
  }

  /** The blobs in rows, each as many times as it occurs. */
  shown(): { key: string; size: number }[] {
    return [...this.uploads.values(), ...this.objects.values()].flatMap(({ bytes }) => blobsOf(bytes));
  }

  /** The metered bytes: those in rows, and direct uploads from the reservation on. */
  metered(): number {
    const direct = [...this.uploads.values()].filter(({ upload }) => upload.directKey !== null);
    return sum([...this.shown().map(({ size }) => size), ...direct.map(({ upload }) => upload.declaredSize)]);
  }

  /** The bytes that an account stores, inline or in blobs, or that a client may write straight to the blob store. */
  held({ id }: NewAccount): number {
    const uploads = [...this.uploads.values()].filter(({ upload }) => upload.accountId === id);
    const objects = [...this.objects.values()].filter(({ accountId }) => accountId === id);
    const direct = uploads.filter(({ upload }) => upload.directKey !== null);
    return sum([
      ...[...uploads, ...objects].map(({ bytes }) => sizeOf(bytes)),
      ...direct.map(({ upload }) => upload.declaredSize),
    ]);
  }
}

function sizeOf(bytes: ModelBytes | undefined): number {
  if (bytes === undefined) return 0;
  return 'parts' in bytes ? sum([...bytes.parts.values()].map(({ size }) => size)) : bytes.size;
}

export function bytesOf({ content, size }: PlacedContent): ModelBytes {
  return { blobKey: content.kind === 'blob' ? content.key : null, size };
}

export function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function blobsOf(bytes: ModelBytes | undefined): { key: string; size: number }[] {
  if (bytes === undefined) return [];
  if ('parts' in bytes) return [...bytes.parts.values()];
  return bytes.blobKey === null ? [] : [{ key: bytes.blobKey, size: bytes.size }];
}
