import { rangeHeaders } from '../connection/answer-headers.ts';
import { type Connection, jsonOf } from '../connection/connection.ts';
import { newIdempotencyKey } from '../connection/idempotency-key.ts';
import { type Piece, pieceSize, type Source, sizeOf, wholeOf } from '../uploads/source.ts';
import type { CallOptions, UploadOptions } from '../uploads/uploading.ts';
import { infoOf, readOf } from './payload-headers.ts';
import type {
  CreatedPayload,
  PayloadContent,
  PayloadInfo,
  PayloadOptions,
  ReadOptions,
  ReadPayload,
} from './payload-types.ts';
import { createdPayload, uploadInParts } from './payload-uploads.ts';

/** Larger payloads are uploaded in parts (bytes). */
const maxWholeSize = 8 * 1024 * 1024;

/** Payloads: content with an expiry, under an id that cannot be guessed. Each has a delete token. */
export class Payloads {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Stores small content from memory in one request. */
  create(content: string | Piece, options: PayloadOptions = {}): Promise<CreatedPayload> {
    return this.#put(typeof content === 'string' ? new TextEncoder().encode(content) : content, options);
  }

  /**
   * Stores content of any size: up to 8 MiB in one request, above that in parts, three at once, with retries. Content
   * of unknown size is sent in one request without retries.
   */
  async upload(source: Source, options: PayloadOptions & UploadOptions = {}): Promise<CreatedPayload> {
    const size = sizeOf(source);
    if (options.resume || (size !== undefined && size > maxWholeSize))
      return uploadInParts(this.#connection, source, options);
    if (size !== undefined) return this.#put(await wholeOf(source), options);
    return this.#put((source as { stream(): ReadableStream<Uint8Array> }).stream(), options);
  }

  /** The headers of a payload. It does not count as a read. */
  async info(id: string, options: CallOptions = {}): Promise<PayloadInfo> {
    // The server may compress text, which changes the length.
    return infoOf((await this.#connection.call('HEAD', rawPath(id), { ...options, asStored: true })).headers);
  }

  /** Reads a payload as a stream. If reads are counted, this takes one, and ranges do not work. */
  async get(id: string, { range, ifRange, signal }: ReadOptions = {}): Promise<ReadPayload> {
    const headers = rangeHeaders(range, ifRange);
    return readOf(await this.#connection.call('GET', rawPath(id), { headers, signal }));
  }

  /** Reads a payload of up to the server's `MAX_PAYLOAD_SIZE` as JSON, with the type it was created with. */
  async getJson(id: string, { signal }: CallOptions = {}): Promise<PayloadContent> {
    const body = await this.#connection.json<'readPayload'>('GET', payloadPath(id), { signal });
    return {
      content: body.encoding === 'base64' ? bytesOf(body.content) : body.content,
      mediaType: body.mime_type,
      expiresAt: body.expiry_time,
      ...(body.reads_left !== undefined && { readsLeft: body.reads_left }),
    };
  }

  /** Deletes a payload. If it has a delete token, the call needs it. */
  async remove(id: string, token?: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', payloadPath(id), { headers: { 'x-delete-token': token }, signal });
  }

  async #put(
    body: Piece | ReadableStream<Uint8Array>,
    options: PayloadOptions & UploadOptions,
  ): Promise<CreatedPayload> {
    const { name, type, ttl, maxReads, signal, onProgress, onRetry } = options;
    const total = body instanceof ReadableStream ? undefined : pieceSize(body);
    const onSent =
      onProgress && ((sent: number) => onProgress({ sent, ...(total !== undefined && { total }) }));
    const response = await this.#connection.send(
      {
        method: 'PUT',
        target: `/${pathSegment(name ?? '')}`,
        headers: {
          ...this.#connection.authorization(),
          accept: 'application/json',
          'content-type': type ?? (body instanceof Blob && body.type ? body.type : undefined),
          'x-ttl': ttl?.toString(),
          'x-max-reads': maxReads?.toString(),
          'idempotency-key': newIdempotencyKey(),
        },
        body,
        onSent,
        signal,
      },
      { signal, onRetry },
    );
    return createdPayload(await jsonOf<'upload' | 'uploadNamed'>(response, signal));
  }
}

const payloadPath = (id: string) => `/api/v1/payloads/${encodeURIComponent(id)}`;
const rawPath = (id: string) => `/raw/${encodeURIComponent(id)}`;

/** A file name as a path segment. Its first letter is encoded too, so that it never matches another route. */
function pathSegment(name: string): string {
  const hex = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(name).replace(/^[\w.]/, hex);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
