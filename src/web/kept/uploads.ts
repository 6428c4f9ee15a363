import type { UploadState } from '../../client/index.ts';
import { keptList } from './kept-list.ts';

/** An upload in parts that was not finished. Times are milliseconds since the epoch, sizes bytes. */
export type KeptUpload = {
  state: UploadState;
  /** By these the file is known again. */
  file: { name: string; size: number; lastModified: number };
  /** What the payload is to be; the server has been told. */
  type: string;
  maxReads: number | null;
};

const mostUploads = 10;

const list = keptList('mayfly.uploads', isKeptUpload, mostUploads);

/** Calls back at every change, also by another tab. Returns what ends that. */
export const watchUploads = list.watch;

/** Those that can still be completed, the one that was begun last first. */
export function unfinishedUploads(now: number): KeptUpload[] {
  return list.all().filter(({ state }) => Date.parse(state.expiresAt ?? '') > now);
}

/** Keeps how far an upload is, in the place of what was kept of it before. */
export function keepUpload(upload: KeptUpload): void {
  list.replace([upload, ...without(upload.state.uploadId)]);
}

export function forgetUpload(uploadId: string): void {
  list.replace(without(uploadId));
}

/** The upload that a file was meant for, if it is still the same file. */
export function unfinishedOf(file: File, now: number): KeptUpload | undefined {
  return unfinishedUploads(now).find(
    ({ file: { name, size, lastModified } }) =>
      name === file.name && size === file.size && lastModified === file.lastModified,
  );
}

/** Bytes of an upload that are with the server. */
export function bytesArrived({ size, partSize, parts }: UploadState): number {
  return parts.reduce(
    (sum, { etag }, at) => sum + (etag === undefined ? 0 : Math.min(partSize, size - at * partSize)),
    0,
  );
}

function without(uploadId: string): KeptUpload[] {
  return unfinishedUploads(Date.now()).filter(({ state }) => state.uploadId !== uploadId);
}

function isKeptUpload(value: unknown): value is KeptUpload {
  const { state, file } = (value ?? {}) as Partial<KeptUpload>;
  return (
    typeof state?.uploadId === 'string' &&
    typeof state.partSize === 'number' &&
    Array.isArray(state.parts) &&
    typeof file?.name === 'string'
  );
}
