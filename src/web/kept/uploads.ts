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
function unfinishedUploads(now: number): KeptUpload[] {
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
export function uploadOf(file: Blob, uploads: KeptUpload[]): KeptUpload | undefined {
  if (!(file instanceof File)) return undefined;
  return uploads.find(
    ({ file: { name, size, lastModified } }) =>
      name === file.name && size === file.size && lastModified === file.lastModified,
  );
}

/** Those that no tab is busy with now. Over plain HTTP browsers cannot tell. */
export async function idleUploads(now: number): Promise<KeptUpload[]> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  const busy = new Set(held.map(({ name }) => name));
  return unfinishedUploads(now).filter(({ state }) => !busy.has(lockOf(state.uploadId)));
}

/** Tells other tabs that this one is busy with an upload, for as long as it is there. Returns what ends that. */
export function occupyUpload(uploadId: string): () => void {
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  navigator.locks?.request(lockOf(uploadId), () => left).catch(() => undefined);
  return leave;
}

function lockOf(uploadId: string): string {
  return `mayfly.upload.${uploadId}`;
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
