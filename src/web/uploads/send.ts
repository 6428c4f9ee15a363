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
import { forgetUpload, idleUploads, keepUpload, lockUpload, uploadOf } from '../kept/uploads.ts';
import type { Item, Terms } from './upload.ts';

type SendOptions = Pick<UploadOptions, 'onProgress' | 'onRetry'> & { signal: AbortSignal };

/** Sends one item as a payload of its own. @returns the entry for the list of pastes */
export async function send(
  client: Client,
  item: Item,
  terms: Terms,
  sendOptions: SendOptions,
): Promise<KeptPaste> {
  const typed = { ...item, type: await typeOf(item) };
  return terms.isEncrypted
    ? sendEncrypted(client, typed, terms, sendOptions)
    : sendPlain(client, typed, terms, sendOptions);
}

/** Detects the type by content too: browsers know it by the file name only. */
async function typeOf({ content, name, type }: Item): Promise<string | undefined> {
  if (name === null) return type;
  const head = await content.slice(0, typeHeadSize).arrayBuffer();
  return fileTypeOf(name, new Uint8Array(head), type);
}

async function sendPlain(
  client: Client,
  item: Item,
  terms: Terms,
  sendOptions: SendOptions,
  isSecondTry = false,
): Promise<KeptPaste> {
  const { content, name, type } = item;
  const unfinished = isSecondTry ? undefined : uploadOf(content, await idleUploads(Date.now()));
  const maxReads = unfinished ? unfinished.maxReads : terms.maxReads;
  const options = { ...optionsOf({ ...terms, maxReads }), name: name ?? undefined, type };
  const keep = (state: UploadState) => {
    if (!(content instanceof File)) return;
    const { name, size, lastModified } = content;
    keepUpload({ state, file: { name, size, lastModified }, type: type ?? '', maxReads });
  };
  let uploadId = unfinished?.state.uploadId;
  let release = uploadId === undefined ? undefined : lockUpload(uploadId);
  try {
    const created = await client.payloads.upload(content, {
      ...options,
      ...sendOptions,
      resume: unfinished?.state,
      onUpload: (state) => {
        uploadId = state.uploadId;
        release ??= lockUpload(uploadId);
        keep(state);
      },
    });
    if (uploadId !== undefined) forgetUpload(uploadId);
    return keptPaste(created, item, { ...terms, maxReads });
  } catch (error) {
    if (sendOptions.signal.aborted && uploadId !== undefined) forgetUpload(uploadId);
    if (sendOptions.signal.aborted || uploadId === undefined || !isGone(error)) throw error;
    forgetUpload(uploadId);
    // The upload may have expired, or another tab may have completed it: start over, once.
    if (isSecondTry) throw error;
    return sendPlain(client, item, terms, sendOptions, true);
  } finally {
    release?.();
  }
}

/** This server and S3 answer 403 for presigned URLs that were used or have expired. */
function isGone(error: unknown): boolean {
  return error instanceof MayflyError && (error.status === 404 || error.status === 403);
}

/** Encrypts while it sends. The secret is only in the fragment of the link, which browsers do not send. */
async function sendEncrypted(
  client: Client,
  item: Item,
  terms: Terms,
  sendOptions: SendOptions,
): Promise<KeptPaste> {
  const { content, name, type = 'application/octet-stream' } = item;
  const metadata = { name, type };
  // Every try has a key of its own: a file that was changed in between must never be encrypted with the same key.
  const { secret, stream } = await seal(content, metadata, { password: terms.password });
  const source = { size: sealedSize(content.size, metadata), stream: () => stream };
  const options = { ...optionsOf(terms), type: sealedMediaType };
  const created = await client.payloads.upload(source, { ...options, ...sendOptions });
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
    sealed: terms.isEncrypted,
  };
}
