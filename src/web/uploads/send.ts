import {
  type Client,
  type CreatedPayload,
  MayflyError,
  type PayloadOptions,
  type UploadOptions,
  type UploadState,
} from '../../client/index.ts';
import { seal, sealedMediaType, sealedSize } from '../../encryption/index.ts';
import { fileTypeOf, typeHeadSize } from '../../naming/media-type.ts';
import type { KeptPaste } from '../kept/pastes.ts';
import { forgetUpload, idleUploads, keepUpload, occupyUpload, uploadOf } from '../kept/uploads.ts';
import type { Item, Terms } from './upload.ts';

type Watch = Pick<UploadOptions, 'onProgress' | 'onRetry'> & { signal: AbortSignal };

/** Sends one item as a payload of its own. @returns what is to be kept of it */
export async function send(client: Client, item: Item, terms: Terms, watch: Watch): Promise<KeptPaste> {
  const typed = { ...item, type: await typeOf(item) };
  return terms.isSealed ? sendSealed(client, typed, terms, watch) : sendOpen(client, typed, terms, watch);
}

/** Browsers know types by the endings of names alone. */
async function typeOf({ content, name, type }: Item): Promise<string | undefined> {
  if (name === null) return type;
  const head = await content.slice(0, typeHeadSize).arrayBuffer();
  return fileTypeOf(name, new Uint8Array(head), type);
}

async function sendOpen(
  client: Client,
  item: Item,
  terms: Terms,
  watch: Watch,
  isAnew = false,
): Promise<KeptPaste> {
  const { content, name, type } = item;
  const unfinished = isAnew ? undefined : uploadOf(content, await idleUploads(Date.now()));
  const maxReads = unfinished ? unfinished.maxReads : terms.maxReads;
  const options = { ...optionsOf({ ...terms, maxReads }), name: name ?? undefined, type };
  const keep = (state: UploadState) => {
    if (!(content instanceof File)) return;
    const { name, size, lastModified } = content;
    keepUpload({ state, file: { name, size, lastModified }, type: type ?? '', maxReads });
  };
  let uploadId = unfinished?.state.uploadId;
  let leave = uploadId === undefined ? undefined : occupyUpload(uploadId);
  try {
    const created = await client.payloads.upload(content, {
      ...options,
      ...watch,
      resume: unfinished?.state,
      onUpload: (state) => {
        uploadId = state.uploadId;
        leave ??= occupyUpload(uploadId);
        keep(state);
      },
    });
    if (uploadId !== undefined) forgetUpload(uploadId);
    return keptPaste(created, item, { ...terms, maxReads });
  } catch (error) {
    if (watch.signal.aborted && uploadId !== undefined) forgetUpload(uploadId);
    if (watch.signal.aborted || uploadId === undefined || !isGone(error)) throw error;
    forgetUpload(uploadId);
    // It may have lapsed, or another tab may have completed it: then it begins anew, once.
    if (isAnew) throw error;
    return sendOpen(client, item, terms, watch, true);
  } finally {
    leave?.();
  }
}

/** Addresses of parts that are used up or too old are forbidden, by this server and by S3. */
function isGone(error: unknown): boolean {
  return error instanceof MayflyError && (error.status === 404 || error.status === 403);
}

/** Seals as it sends. The secret goes into the link alone, which the server is never sent. */
async function sendSealed(client: Client, item: Item, terms: Terms, watch: Watch): Promise<KeptPaste> {
  const { content, name, type = 'application/octet-stream' } = item;
  const metadata = { name, type };
  // Every trial has a key of its own: a file that was changed in between must never meet the same one.
  const { secret, stream } = await seal(content, metadata, { password: terms.password });
  const source = { size: sealedSize(content.size, metadata), stream: () => stream };
  const options = { ...optionsOf(terms), type: sealedMediaType };
  const created = await client.payloads.upload(source, { ...options, ...watch });
  return keptPaste({ ...created, url: `${created.url}#${secret}` }, item, terms);
}

function optionsOf({ ttl, maxReads }: Terms): PayloadOptions {
  return { ttl, maxReads: maxReads ?? undefined };
}

function keptPaste(created: CreatedPayload, { content, name, type }: Item, terms: Terms): KeptPaste {
  return {
    id: created.id,
    url: created.url,
    name,
    type: type ?? 'application/octet-stream',
    size: content.size,
    createdAt: Date.now(),
    expiresAt: Date.parse(created.expiresAt),
    maxReads: terms.maxReads,
    deleteToken: created.deleteToken,
    sealed: terms.isSealed,
  };
}
