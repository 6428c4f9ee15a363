import type { CreatedPayload as CreatedBody, PayloadUpload } from '../api/payloads.ts';
import type { RequestBody } from '../connection/bodies.ts';
import type { Connection } from '../connection/connection.ts';
import { NetworkError } from '../connection/errors.ts';
import { newIdempotencyKey } from '../connection/idempotency-key.ts';
import { abortOnFailure, completed, etagOf, requireSame, sendParts } from '../uploads/part-uploads.ts';
import { type Source, sizeOf } from '../uploads/source.ts';
import type { UploadOptions, UploadState } from '../uploads/uploading.ts';
import type { CreatedPayload, PayloadOptions } from './payload-types.ts';

const path = '/api/v1/payloads/uploads';
/** A part of the largest S3 object, 5 TiB in 10,000 parts, is below this (bytes). */
const maxPartSize = 1024 ** 3;

/** @throws NetworkError for a response of another server, so that nobody gets an invalid link */
export function createdPayload(body: Partial<CreatedBody> | null): CreatedPayload {
  const { hash_id, expiry_time, url, delete_token } = body ?? {};
  if (!isPlainText(hash_id) || !isPlainText(expiry_time) || !isAddress(url) || !isPlainText(delete_token))
    throw invalidResponse();
  return { id: hash_id, url, expiresAt: expiry_time, deleteToken: delete_token };
}

/** Uploads a large payload in parts, each to its presigned URL, which may be on S3. */
export async function uploadInParts(
  connection: Connection,
  source: Source,
  options: PayloadOptions & UploadOptions,
): Promise<CreatedPayload> {
  const { signal, onProgress, onUpload, onRetry, resume } = options;
  const size = sizeOf(source);
  if (resume) requireSame(resume, size);
  const state = resume ? structuredClone(resume) : await begin(connection, source, options);
  const report = () => onUpload?.(structuredClone(state));
  const run = async () => {
    report();
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
      onPart: report,
      signal,
    });
    return complete(connection, state, options);
  };
  const abort = () => connection.call('DELETE', `${path}/${state.uploadId}`);
  return abortOnFailure(run, abort, { signal, isResumable: onUpload !== undefined });
}

async function begin(
  connection: Connection,
  source: Source,
  { name, type, ttl, maxReads, signal }: PayloadOptions,
): Promise<UploadState> {
  const size = sizeOf(source) ?? 0;
  const mediaType = type ?? ((source instanceof Blob && source.type) || 'application/octet-stream');
  const json: RequestBody<'beginPayloadUpload'> = {
    size,
    mime_type: mediaType,
    name,
    ttl,
    max_reads: maxReads,
  };
  const headers = { ...connection.authorization(), 'idempotency-key': newIdempotencyKey() };
  const begun = await connection.json<'beginPayloadUpload'>('POST', path, { json, headers, signal });
  if (!isValidPlan(size, begun)) throw invalidResponse();
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

/** Whether the parts fit the content: empty parts would never end, and huge ones would exhaust the memory. */
function isValidPlan(
  size: number,
  { upload_id, part_size, parts, expires_at }: Partial<PayloadUpload>,
): boolean {
  if (!isPlainText(upload_id) || !isPlainText(expires_at) || !Array.isArray(parts)) return false;
  if (!Number.isInteger(part_size) || Number(part_size) < 1 || Number(part_size) > maxPartSize) return false;
  const expected = Math.max(1, Math.ceil(size / Number(part_size)));
  return parts.length === expected && parts.every(({ url }) => isAddress(url));
}

/** Text that is safe to print and to put into URLs. */
const isPlainText = (value: unknown): value is string =>
  typeof value === 'string' && /^[!-~]{1,1000}$/.test(value);

/** A URL without a fragment, so that a key can be appended. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\/[^\s#\p{Cc}\p{Cf}]+$/u.test(value) && URL.canParse(value);
}

function invalidResponse(): NetworkError {
  return new NetworkError('The response is not from a Mayfly server');
}

async function complete(
  connection: Connection,
  { uploadId, parts, idempotencyKey }: UploadState,
  { signal, onRetry }: UploadOptions,
): Promise<CreatedPayload> {
  const call = {
    json: { parts: completed(parts) },
    headers: { ...connection.authorization(), 'idempotency-key': idempotencyKey },
    signal,
  };
  const answer = await connection.jsonWithRetry<'completePayloadUpload'>(
    'POST',
    `${path}/${uploadId}/complete`,
    call,
    onRetry,
  );
  return createdPayload(answer);
}
