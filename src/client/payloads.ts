import { rangeHeaders } from './answer-headers.ts';
import { type Connection, jsonOf } from './connection.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { infoOf, readOf } from './payload-headers.ts';
import type {
  CreatedPayload,
  PayloadContent,
  PayloadInfo,
  PayloadOptions,
  ReadOptions,
  ReadPayload,
} from './payload-types.ts';
import { type CreatedBody, createdPayload, uploadInParts } from './payload-uploads.ts';
import { type Piece, pieceSize, type Source, sizeOf, wholeOf } from './source.ts';
import type { CallOptions, UploadOptions } from './uploading.ts';

/** What is larger goes in parts (bytes). */
const largestWhole = 8 * 1024 * 1024;

type JsonBody = {
  content: string;
  mime_type: string;
  expiry_time: string;
  encoding?: 'base64';
  reads_left?: number;
};

/** Payloads: content with an expiry, under an id that cannot be guessed. Each is made with a token to delete it. */
export class Payloads {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Stores what is small and in memory, in one request. */
  create(content: string | Piece, options: PayloadOptions = {}): Promise<CreatedPayload> {
    return this.#put(typeof content === 'string' ? new TextEncoder().encode(content) : content, options);
  }

  /**
   * Stores content of any size: in one request up to 8 MiB, in parts above, three at once, each sent again where its
   * connection breaks. Content of unknown length goes in one request that cannot be repeated.
   */
  async upload(source: Source, options: PayloadOptions & UploadOptions = {}): Promise<CreatedPayload> {
    const size = sizeOf(source);
    if (options.resume || (size !== undefined && size > largestWhole))
      return uploadInParts(this.#connection, source, options);
    if (size !== undefined) return this.#put(await wholeOf(source), options);
    return this.#put((source as { stream(): ReadableStream<Uint8Array> }).stream(), options);
  }

  /** What can be known of a payload without reading it. It takes no read. */
  async info(id: string, options: CallOptions = {}): Promise<PayloadInfo> {
    // Compressed text has another length.
    return infoOf((await this.#connection.call('HEAD', rawPath(id), { ...options, asStored: true })).headers);
  }

  /** Reads a payload as it comes. Of a counted one this takes a read, and there are no ranges. */
  async get(id: string, { range, ifRange, signal }: ReadOptions = {}): Promise<ReadPayload> {
    const headers = rangeHeaders(range, ifRange);
    return readOf(await this.#connection.call('GET', rawPath(id), { headers, signal }));
  }

  /** Reads a payload of up to the server's `MAX_PAYLOAD_SIZE` as JSON, with the type that it was given. */
  async getJson(id: string, { signal }: CallOptions = {}): Promise<PayloadContent> {
    const body = await this.#connection.json<JsonBody>('GET', payloadPath(id), { signal });
    return {
      content: body.encoding === 'base64' ? bytesOf(body.content) : body.content,
      mediaType: body.mime_type,
      expiresAt: body.expiry_time,
      ...(body.reads_left !== undefined && { readsLeft: body.reads_left }),
    };
  }

  /** Deletes a payload; one with a delete token needs it. */
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
    return createdPayload(await jsonOf<CreatedBody>(response, signal));
  }
}

const payloadPath = (id: string) => `/api/v1/payloads/${encodeURIComponent(id)}`;
const rawPath = (id: string) => `/raw/${encodeURIComponent(id)}`;

/** A name as a path of its own. Its first letter is encoded too, so that it is never taken for a page of the server. */
function pathSegment(name: string): string {
  const hex = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(name).replace(/^[\w.]/, hex);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
