import { fileTypeFromBuffer } from 'file-type';
import { lookup } from 'mime-types';
import { isMediaRange } from '../../../core/coding/media-type.ts';
import { resumed } from '../../../core/content/chunks.ts';
import { fileTypeOf, textTypeOf, typeHeadSize } from '../../../naming/media-type.ts';

export type Upload = {
  name?: string;
  /** The MIME type of the request, if it has one. */
  declaredType?: string;
  chunks: AsyncIterable<Uint8Array>;
};

/** The type that curl sends by default: treated as no type. */
const curlBodyDefault = 'application/x-www-form-urlencoded';

/**
 * The MIME type of an upload: the declared one, otherwise derived from the file name and the first bytes. Returns all
 * chunks, including those that it read.
 */
export async function mediaTypeOf(
  upload: Upload,
): Promise<{ mediaType: string; chunks: AsyncIterable<Uint8Array> }> {
  const { declaredType, name, chunks } = upload;
  if (declaredType && declaredType !== curlBodyDefault && !isMediaRange(declaredType))
    return { mediaType: declaredType, chunks };
  // The registry would take a bare name such as `json` for an extension.
  const registered = (name?.includes('.') && lookup(name)) || undefined;
  if (registered !== undefined && textTypeOf(name ?? '') === undefined)
    return { mediaType: registered, chunks };
  const iterator = chunks[Symbol.asyncIterator]();
  const pieces = await readHead(iterator);
  const head = Buffer.concat(pieces);
  const known = registered ?? (await fileTypeFromBuffer(head))?.mime;
  const mediaType = fileTypeOf(name ?? '', head, known) ?? 'application/octet-stream';
  return { mediaType, chunks: resumed(pieces, iterator) };
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const head: Uint8Array[] = [];
  for (let size = 0; size < typeHeadSize; ) {
    const next = await iterator.next();
    if (next.done) break;
    head.push(next.value);
    size += next.value.length;
  }
  return head;
}
