import { asAccount } from '../connection/account-call.ts';
import type { Connection } from '../connection/connection.ts';
import { type Source, sizeOf, wholeOf } from '../uploads/source.ts';
import type { CallOptions, UploadOptions } from '../uploads/uploading.ts';
import type {
  FileDownload,
  FileListOptions,
  FilePage,
  Guest,
  PresignedUpload,
  PresignOptions,
  StoredFile,
} from './file-types.ts';

const path = '/api/v1';
const filePath = (id: string) => `${path}/files/${encodeURIComponent(id)}`;

/** The PutPut files of the account of the client's token (`pp_…`). */
export class Files {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Creates a guest account. Its token is the `key` of a client that makes the other calls. */
  guest({ signal }: CallOptions = {}): Promise<Guest> {
    return this.#connection.json<'createGuest'>('POST', `${path}/auth/guest`, { signal });
  }

  list({ cursor, limit, prefix, tag, signal }: FileListOptions = {}): Promise<FilePage> {
    const call = { query: { cursor, limit, prefix, tag }, signal };
    const page = this.#connection.json<'listFiles'>(
      'GET',
      `${path}/files`,
      asAccount(this.#connection, call),
    );
    // UploadKit has the same path. The token decides which API answers.
    return page as Promise<FilePage>;
  }

  /** Reserves room for a file. Returns the URL to PUT it to. */
  presign(options: PresignOptions, { signal }: CallOptions = {}): Promise<PresignedUpload> {
    const call = { json: options, signal };
    return this.#connection.json<'presignUpload'>(
      'POST',
      `${path}/upload/presign`,
      asAccount(this.#connection, call),
    );
  }

  /** Turns an upload into a file. */
  async confirm(uploadId: string, { signal }: CallOptions = {}): Promise<StoredFile> {
    const call = { json: { upload_id: uploadId }, signal };
    const { file } = await this.#connection.json<'confirmUpload'>(
      'POST',
      `${path}/upload/confirm`,
      asAccount(this.#connection, call),
    );
    return file;
  }

  /** Presigns, PUTs and confirms. The size of the source must be known. A stream is buffered in memory. */
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

  /** A URL of the content. For a private file it is valid until `expires_at`. */
  downloadUrl(id: string, { signal }: CallOptions = {}): Promise<FileDownload> {
    const target = `${filePath(id)}/download`;
    return this.#connection.json<'downloadFile'>('GET', target, asAccount(this.#connection, { signal }));
  }

  async remove(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', filePath(id), asAccount(this.#connection, { signal }));
  }
}
