import { Failure, invalid, uploadNotFound } from '../failure.ts';
import { BlobMissing } from '../ports/content/blob-store.ts';
import type { DirectUploads } from '../ports/files/direct-uploads.ts';
import type { ReceivedPart, StoredUpload, UploadStore } from '../ports/files/upload-store.ts';
import { partCount, sizeOfPart } from './reservations.ts';

/** A part as the client names it. */
export type NamedPart = { number: number; etag: string };

/** @throws Failure `invalid` if the list does not name all parts of the upload in order */
export function requireAllParts(upload: StoredUpload, named: NamedPart[]): void {
  if (named.length !== partCount(upload) || named.some(({ number }, index) => number !== index + 1))
    throw invalid('parts', 'must be all parts of the upload, in the order of their numbers');
}

/** The received parts of an upload that was just read. @throws Failure `upload_not_found` if it has ended since */
export async function partsOf(
  uploads: Pick<UploadStore, 'find' | 'parts'>,
  { id }: StoredUpload,
): Promise<ReceivedPart[]> {
  const parts = await uploads.parts(id);
  // The end of an upload takes all of its parts.
  if (parts.length === 0 && (await uploads.find(id)) === undefined) throw uploadNotFound();
  return parts;
}

/** Matches the named parts with the received ones. @throws Failure `not_uploaded`, `invalid` */
export function requireUploaded(
  upload: StoredUpload,
  named: NamedPart[],
  uploaded: ReceivedPart[],
): ReceivedPart[] {
  const received = new Map(uploaded.map((part) => [part.number, part] as const));
  return named.map(({ number, etag }) => {
    const part = received.get(number);
    if (part?.size !== sizeOfPart(upload, number)) throw notUploaded(`Part ${number} was not received`);
    if (part.etag !== etag.replaceAll('"', '')) throw wrongPartEtag(number);
    return part;
  });
}

/** Completes a multipart upload in the blob store. @throws Failure `invalid`, `not_uploaded`, … */
export async function completeInStore(
  direct: DirectUploads | undefined,
  { directUploadId, declaredSize }: StoredUpload,
  key: string,
  named: NamedPart[],
): Promise<void> {
  await direct?.completeParts(key, directUploadId ?? '', named);
  const blob = await direct?.inspect(key);
  if (blob?.size !== declaredSize) throw notUploaded('Its content is incomplete');
}

export function wrongPartEtag(number: number): Failure {
  return invalid('parts', `must have the ETag of the received part ${number}`);
}

/**
 * Reads the content of an upload, whose blobs a concurrent request may remove.
 *
 * @throws Failure `invalid` if a part was replaced, `upload_not_found` if the upload was completed or aborted
 */
export async function readUploaded<T>(
  uploads: Pick<UploadStore, 'find'>,
  { id, directKey }: StoredUpload,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BlobMissing)) throw error;
    // No part replaces the completed blob of a direct upload.
    const isReplaced = directKey === null && (await uploads.find(id)) !== undefined;
    throw isReplaced ? partReplaced() : uploadNotFound();
  }
}

export function partReplaced(): Failure {
  return invalid('parts', 'names a part that was replaced in the meantime');
}

export function notUploaded(what: string): Failure {
  return new Failure('not_uploaded', `The file was not uploaded. ${what}`);
}
