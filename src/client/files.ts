import { asAccount } from './buckets.ts';
import type { Connection } from './connection.ts';
import type {
  FileListOptions,
  FilePage,
  Guest,
  PresignedUpload,
  PresignOptions,
  StoredFile,
} from './file-types.ts';
import { type Source, sizeOf, wholeOf } from './source.ts';
import type { CallOptions, UploadOptions } from './uploading.ts';

const path = '/api/v1';
const filePath = (id: string) => `${path}/files/${encodeURIComponent(id)}`;

/** PutPut's files, of the account whose token (`pp_…`) the client has. */
export class Files {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Makes an account for whoever asks. Its token opens the other calls, as the `key` of another client. */
  guest({ signal }: CallOptions = {}): Promise<Guest> {
    return this.#connection.json('POST', `${path}/auth/guest`, { signal });
  }

  list({ cursor, limit, prefix, tag, signal }: FileListOptions = {}): Promise<FilePage> {
    const call = { query: { cursor, limit, prefix, tag }, signal };
    return this.#connection.json('GET', `${path}/files`, asAccount(this.#connection, call));
  }

  /** Reserves room for a file, and tells where its bytes go. */
  presign(options: PresignOptions, { signal }: CallOptions = {}): Promise<PresignedUpload> {
    const call = { json: options, signal };
    return this.#connection.json('POST', `${path}/upload/presign`, asAccount(this.#connection, call));
  }

  /** Makes a file of what was PUT. */
  async confirm(uploadId: string, { signal }: CallOptions = {}): Promise<StoredFile> {
    const call = asAccount(this.#connection, { json: { upload_id: uploadId }, signal });
    const { file } = await this.#connection.json<{ file: StoredFile }>(
      'POST',
      `${path}/upload/confirm`,
      call,
    );
    return file;
  }

  /** All three steps. The source must know its size, and is held whole where it is a stream. */
  async upload(
    source: Source,
    options: Omit<PresignOptions, 'size_bytes'>,
    { signal, onProgress, onRetry }: UploadOptions = {},
  ): Promise<StoredFile> {
    const total = sizeOf(source);
    if (total === undefined) throw new TypeError('The length of a file must be known before it is sent');
    const upload = await this.presign({ ...options, size_bytes: total }, { signal });
    await this.#connection.send(
      {
        method: 'PUT',
        target: upload.presigned_url,
        headers: { 'content-type': options.content_type },
        body: await wholeOf(source),
        onSent: onProgress && ((sent) => onProgress({ sent, total })),
        signal,
      },
      { signal, onRetry },
    );
    return this.confirm(upload.upload_id, { signal });
  }

  /** An address of the bytes; that of a private file is good until `expires_at`. */
  downloadUrl(
    id: string,
    { signal }: CallOptions = {},
  ): Promise<{ download_url: string; expires_at?: string }> {
    return this.#connection.json('GET', `${filePath(id)}/download`, asAccount(this.#connection, { signal }));
  }

  async remove(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', filePath(id), asAccount(this.#connection, { signal }));
  }
}
