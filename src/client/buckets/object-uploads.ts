import { asAccount } from '../connection/account-call.ts';
import type { RequestBody } from '../connection/bodies.ts';
import { type Connection, jsonOf } from '../connection/connection.ts';
import { newIdempotencyKey } from '../connection/idempotency-key.ts';
import { abortOnFailure, completed, requireSame, sendParts } from '../uploads/part-uploads.ts';
import {
  type NumberedPiece,
  type Piece,
  partsOf,
  pieceSize,
  type Source,
  sizeOf,
} from '../uploads/source.ts';
import type { UploadOptions, UploadState } from '../uploads/uploading.ts';
import type { Conditions, PutOptions, StoredObject } from './bucket-types.ts';
import { bucketPath, objectPath } from './buckets.ts';

export type Place = { bucket: string; key: string };

const mebibyte = 1024 * 1024;
const defaultPartSize = 8 * mebibyte;
const maxParts = 10_000;

/** Stores a small object with one PUT. */
export async function putWhole(
  connection: Connection,
  { bucket, key }: Place,
  body: Piece,
  options: PutOptions,
  onSent?: (bytes: number) => void,
): Promise<StoredObject> {
  const { type, contentEncoding, ttl, metadata = {}, signal, onRetry } = options;
  const named = Object.entries(metadata).map(([name, value]) => [`x-meta-${name}`, value]);
  const outgoing = {
    method: 'PUT',
    target: objectPath(bucket, key),
    headers: {
      ...connection.authorization(),
      ...Object.fromEntries(named),
      'content-type': type ?? (body instanceof Blob && body.type ? body.type : 'application/octet-stream'),
      'content-encoding': contentEncoding,
      'x-ttl': ttl?.toString(),
      ...conditionHeaders(options),
      ...(await digestHeaders(body)),
      'idempotency-key': newIdempotencyKey(),
    },
    body,
    onSent,
    signal,
  } as const;
  return jsonOf<'putObject'>(await connection.send(outgoing, { signal, onRetry }), signal);
}

/** Stores an object in parts, or with one PUT if it turns out to be shorter than a part. */
export async function putInParts(
  connection: Connection,
  place: Place,
  source: Source,
  options: PutOptions,
): Promise<StoredObject> {
  const { signal, onProgress, resume } = options;
  const size = sizeOf(source);
  if (resume) requireSame(resume, size);
  const partSize = resume?.partSize ?? partSizeFor(size, options.partSize);
  if (size !== undefined) return sendInParts(connection, place, options, { source, size, partSize });
  const pieces = partsOf(source, partSize, { signal });
  const first = await pieces.next();
  const body = first.done ? new Uint8Array(0) : first.value.body;
  if (first.done || pieceSize(body) < partSize) {
    // A piece shorter than a part is the last one.
    await pieces.return();
    return putWhole(connection, place, body, options, onProgress && ((sent) => onProgress({ sent })));
  }
  try {
    signal?.throwIfAborted();
    return await sendInParts(connection, place, options, {
      source,
      partSize,
      rest: after(first.value, pieces),
    });
  } catch (error) {
    // Not awaited: a source that hangs would delay the error.
    pieces.return().catch(() => undefined);
    throw error;
  }
}

async function* after(first: NumberedPiece, rest: AsyncGenerator<NumberedPiece, void>) {
  yield first;
  yield* rest;
}

/** The size of a part (bytes), large enough for at most 10,000 parts. */
function partSizeFor(size = 0, wanted = defaultPartSize): number {
  return Math.max(wanted, Math.ceil(size / maxParts / mebibyte) * mebibyte);
}

type Parts = { source: Source; partSize: number; size?: number; rest?: AsyncGenerator<NumberedPiece, void> };

async function sendInParts(
  connection: Connection,
  place: Place,
  options: PutOptions,
  { source, partSize, size, rest }: Parts,
): Promise<StoredObject> {
  const { signal, onProgress, onRetry, resume } = options;
  const state = resume ? structuredClone(resume) : await start(connection, place, options, partSize, size);
  const target = `${bucketPath(place.bucket)}/uploads/${encodeURIComponent(state.uploadId)}`;
  // A source of unknown size cannot be resumed.
  const onUpload = size === undefined ? undefined : options.onUpload;
  const report = () => onUpload?.(structuredClone(state));
  const run = async () => {
    report();
    await sendParts({
      source,
      partSize,
      size,
      rest,
      parts: state.parts,
      send: async ({ number, body }, onSent, signal) => {
        const headers = { ...connection.authorization(), ...(await digestHeaders(body)) };
        const outgoing = {
          method: 'PUT',
          target: `${target}/parts/${number}`,
          headers,
          body,
          onSent,
          signal,
        } as const;
        const response = await connection.send(outgoing, { signal, onRetry });
        return (await jsonOf<'putPart'>(response, signal)).etag;
      },
      onProgress,
      onPart: report,
      signal,
    });
    return complete(connection, target, state, options);
  };
  const abort = () => connection.call('DELETE', target, asAccount(connection, {}));
  return abortOnFailure(run, abort, { signal, isResumable: onUpload !== undefined });
}

async function start(
  connection: Connection,
  { bucket, key }: Place,
  { type, contentEncoding, metadata, ttl, signal }: PutOptions,
  partSize: number,
  size = 0,
): Promise<UploadState> {
  const json: RequestBody<'startUpload'> = { key, contentType: type, contentEncoding, metadata, ttl };
  const { uploadId, expiresAt } = await connection.json<'startUpload'>(
    'POST',
    `${bucketPath(bucket)}/uploads`,
    asAccount(connection, { json, signal }, true),
  );
  const parts = Array.from({ length: Math.ceil(size / partSize) }, () => ({}));
  return { uploadId, expiresAt, size, partSize, parts, idempotencyKey: newIdempotencyKey() };
}

async function complete(
  connection: Connection,
  target: string,
  { parts, idempotencyKey }: UploadState,
  options: UploadOptions & Conditions,
): Promise<StoredObject> {
  const { signal, onRetry } = options;
  const json = { parts: completed(parts).map(({ number, etag }) => ({ partNumber: number, etag })) };
  const headers = { ...conditionHeaders(options), 'idempotency-key': idempotencyKey };
  return connection.jsonWithRetry<'completeObjectUpload'>(
    'POST',
    `${target}/complete`,
    asAccount(connection, { json, headers, signal }),
    onRetry,
  );
}

/** The conditions of a write, with ETags quoted. */
export function conditionHeaders({ ifMatch, ifNoneMatch }: Conditions): Record<string, string | undefined> {
  return { 'if-match': quoted(ifMatch), 'if-none-match': quoted(ifNoneMatch) };
}

function quoted(etag: string | undefined): string | undefined {
  return etag === undefined || etag === '*' || etag.includes('"') ? etag : `"${etag}"`;
}

/** The checksum of a body (RFC 9530). Pages outside a secure context cannot compute one. */
async function digestHeaders(body: Piece): Promise<Record<string, string>> {
  if (globalThis.crypto?.subtle === undefined) return {};
  const bytes = body instanceof Blob ? await body.arrayBuffer() : body;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return { 'repr-digest': `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
}
