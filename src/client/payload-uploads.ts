import type { Connection } from './connection.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { completed, etagOf, orTakenBack, requireSame, sendParts } from './part-uploads.ts';
import type { CreatedPayload, PayloadOptions } from './payload-types.ts';
import { type Source, sizeOf } from './source.ts';
import type { UploadOptions, UploadState } from './uploading.ts';

const path = '/api/v1/payloads/uploads';

type Begun = {
  upload_id: string;
  part_size: number;
  parts: { number: number; url: string }[];
  expires_at: string;
};

/** The payload API's answer to whatever makes a payload. */
export type CreatedBody = { hash_id: string; expiry_time: string; url: string; delete_token: string };

export function createdPayload({ hash_id, expiry_time, url, delete_token }: CreatedBody): CreatedPayload {
  return { id: hash_id, url, expiresAt: expiry_time, deleteToken: delete_token };
}

/** Uploads a large payload in parts, each to an address of its own, on storage itself where that is S3. */
export async function uploadInParts(
  connection: Connection,
  source: Source,
  options: PayloadOptions & UploadOptions,
): Promise<CreatedPayload> {
  const { signal, onProgress, onUpload, onRetry, resume } = options;
  const size = sizeOf(source);
  if (resume) requireSame(resume, size);
  const state = resume ? structuredClone(resume) : await begin(connection, source, options);
  const tell = () => onUpload?.(structuredClone(state));
  const run = async () => {
    tell();
    await sendParts({
      source,
      partSize: state.partSize,
      size,
      parts: state.parts,
      send: async ({ number, body }, onSent, signal) => {
        const target = state.parts[number - 1]?.url ?? '';
        const outgoing = { method: 'PUT', target, headers: {}, body, onSent, signal } as const;
        return etagOf(await connection.send(outgoing, { signal, onRetry }));
      },
      onProgress,
      onPart: tell,
      signal,
    });
    return complete(connection, state, options);
  };
  const takeBack = () => connection.call('DELETE', `${path}/${state.uploadId}`);
  return orTakenBack(run, takeBack, { signal, isResumable: onUpload !== undefined });
}

async function begin(
  connection: Connection,
  source: Source,
  { name, type, ttl, maxReads, signal }: PayloadOptions,
): Promise<UploadState> {
  const size = sizeOf(source) ?? 0;
  const mediaType = type ?? ((source instanceof Blob && source.type) || 'application/octet-stream');
  const json = { size, mime_type: mediaType, name, ttl, max_reads: maxReads };
  const headers = { 'idempotency-key': newIdempotencyKey() };
  const begun = await connection.json<Begun>('POST', path, { json, headers, signal });
  const inOrder = begun.parts.toSorted((one, other) => one.number - other.number);
  return {
    uploadId: begun.upload_id,
    size,
    partSize: begun.part_size,
    expiresAt: begun.expires_at,
    parts: inOrder.map(({ url }) => ({ url })),
    idempotencyKey: newIdempotencyKey(),
  };
}

async function complete(
  connection: Connection,
  { uploadId, parts, idempotencyKey }: UploadState,
  { signal, onRetry }: UploadOptions,
): Promise<CreatedPayload> {
  const call = {
    json: { parts: completed(parts) },
    headers: { 'idempotency-key': idempotencyKey },
    signal,
  };
  const answer = await connection.insist<CreatedBody>('POST', `${path}/${uploadId}/complete`, call, onRetry);
  return createdPayload(answer);
}
