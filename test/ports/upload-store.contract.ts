import type { BucketStores, OpenBucketStores } from './bucket-scene.ts';
import { multipartCompletionContract } from './multipart-completion.contract.ts';
import { multipartCompletionRacesContract } from './multipart-completion-races.contract.ts';
import { multipartDirectContract } from './multipart-direct.contract.ts';
import { multipartPartRacesContract } from './multipart-part-races.contract.ts';
import { multipartStoreContract } from './multipart-store.contract.ts';
import type { ObjectStoreUnderTest } from './object-store.contract.ts';
import type { Open } from './opened.ts';
import { type PayloadUploadStores, payloadUploadStoreContract } from './payload-upload-store.contract.ts';
import { uploadPartsStoreContract } from './upload-parts-store.contract.ts';
import { type UploadRaceStores, uploadRacesContract } from './upload-races.contract.ts';
import { wholeUploadsContract } from './whole-uploads.contract.ts';

/**
 * The contract of every upload store (`src/core/ports/files/upload-store.ts`): of files, payloads and objects of
 * buckets.
 */
export function uploadStoreContract(
  database: string,
  open: Open<ObjectStoreUnderTest & PayloadUploadStores & BucketStores>,
): void {
  wholeUploadsContract(`uploads in ${database}`, open);
  uploadPartsStoreContract(`parts and direct uploads in ${database}`, open);
  payloadUploadStoreContract(`payloads in parts in ${database}`, open);
  multipartStoreContract(`uploads in parts in ${database}`, open);
  multipartDirectContract(`direct uploads in parts in ${database}`, open);
  multipartCompletionContract(`the completion of uploads in ${database}`, open);
}

/** The same contract for concurrent calls. */
export function uploadStoreRacesContract(
  over: string,
  open: Open<UploadRaceStores> & OpenBucketStores,
  connectionCount: number,
): void {
  multipartPartRacesContract(`races of parts ${over}`, open, connectionCount);
  multipartCompletionRacesContract(`races of completions ${over}`, open, connectionCount);
  uploadRacesContract(`races of uploads ${over}`, open, connectionCount);
}
