import type { Connection } from './connection.ts';
import { NetworkError } from './errors.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { completed, etagOf, orTakenBack, requireSame, sendParts } from './part-uploads.ts';
import type { CreatedPayload, PayloadOptions } from './payload-types.ts';
import { type Source, sizeOf } from './source.ts';
import type { UploadOptions, UploadState } from './uploading.ts';

const path = '/api/v1/payloads/uploads';
/** The longest part of the largest object that S3 takes: 5 TiB in 10,000 parts, in bytes. */
const largestPart = 1024 ** 3;

type Begun = {
  upload_id: string;
  part_size: number;
  parts: { number: number; url: string }[];
  expires_at: string;
};

/** The payload API's answer to whatever makes a payload. */
export type CreatedBody = { hash_id: string; expiry_time: string; url: string; delete_token: string };

/** @throws NetworkError where it is an answer of something else: nobody may be handed a link that is none */
export function createdPayload(body: Partial<CreatedBody> | null): CreatedPayload {
  const { hash_id, expiry_time, url, delete_token } = body ?? {};
  if (!isWord(hash_id) || !isWord(expiry_time) || !isAddress(url) || !isWord(delete_token)) throw notOurs();
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
  const headers = { ...connection.authorization(), 'idempotency-key': newIdempotencyKey() };
  const begun = await connection.json<Begun>('POST', path, { json, headers, signal });
  if (!isFor(size, begun)) throw notOurs();
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

/** Whether a server's plan can be followed: parts of no length would never end, and too long ones fill the memory. */
function isFor(size: number, { upload_id, part_size, parts, expires_at }: Partial<Begun>): boolean {
  if (!isWord(upload_id) || !isWord(expires_at) || !Array.isArray(parts)) return false;
  if (!Number.isInteger(part_size) || Number(part_size) < 1 || Number(part_size) > largestPart) return false;
  const expected = Math.max(1, Math.ceil(size / Number(part_size)));
  return parts.length === expected && parts.every(({ url }) => isAddress(url));
}

/** What is printed for people, and put into addresses, as it is. */
const isWord = (value: unknown): value is string =>
  typeof value === 'string' && /^[!-~]{1,1000}$/.test(value);

/** An address to which a key can be added. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\/[^\s#\p{Cc}\p{Cf}]+$/u.test(value) && URL.canParse(value);
}

function notOurs(): NetworkError {
  return new NetworkError('The answer is not of a Mayfly server');
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
  const answer = await connection.insist<CreatedBody>('POST', `${path}/${uploadId}/complete`, call, onRetry);
  return createdPayload(answer);
}
