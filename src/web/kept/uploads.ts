import type { UploadState } from '../../client/index.ts';
import { keptList } from './kept-list.ts';

/** An upload in parts that is not complete. Times are milliseconds since the epoch, sizes bytes. */
export type KeptUpload = {
  state: UploadState;
  /** Identifies the file when it is added again. */
  file: { name: string; size: number; lastModified: number };
  /** The options that the upload was created with. */
  type: string;
  maxReads: number | null;
};

const maxUploads = 10;

const list = keptList('mayfly.uploads', isKeptUpload, maxUploads);

/** Calls the listener at every change, in other tabs too. Returns a function that removes the listener. */
export const watchUploads = list.watch;

/** The uploads that have not expired, newest first. */
function unfinishedUploads(now: number): KeptUpload[] {
  return list.all().filter(({ state }) => Date.parse(state.expiresAt ?? '') > now);
}

/** Stores the state of an upload, and replaces its earlier state. */
export function keepUpload(upload: KeptUpload): void {
  list.replace([upload, ...without(upload.state.uploadId)]);
}

export function forgetUpload(uploadId: string): void {
  list.replace(without(uploadId));
}

/** The unfinished upload of a file, if the file has not changed since. */
export function uploadOf(file: Blob, uploads: KeptUpload[]): KeptUpload | undefined {
  if (!(file instanceof File)) return undefined;
  return uploads.find(
    ({ file: { name, size, lastModified } }) =>
      name === file.name && size === file.size && lastModified === file.lastModified,
  );
}

/** The uploads that no tab is sending. Over plain HTTP there are no locks, and all uploads count as idle. */
export async function idleUploads(now: number): Promise<KeptUpload[]> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  const busy = new Set(held.map(({ name }) => name));
  return unfinishedUploads(now).filter(({ state }) => !busy.has(lockOf(state.uploadId)));
}

/** Holds a lock while this tab sends an upload. Returns a function that releases it. */
export function lockUpload(uploadId: string): () => void {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  navigator.locks?.request(lockOf(uploadId), () => released).catch(() => undefined);
  return release;
}

function lockOf(uploadId: string): string {
  return `mayfly.upload.${uploadId}`;
}

/** The bytes of an upload that the server has. */
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
    typeof state.idempotencyKey === 'string' &&
    isPositive(state.size) &&
    isPositive(state.partSize) &&
    Array.isArray(state.parts) &&
    state.parts.every(isPart) &&
    typeof file?.name === 'string'
  );
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isPart(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { url, etag } = value as Record<string, unknown>;
  return [url, etag].every((text) => text === undefined || typeof text === 'string');
}
