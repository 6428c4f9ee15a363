import { fileTypeFromBuffer } from 'file-type';
import { lookup } from 'mime-types';
import { Utf8Check } from '../../core/utf8.ts';

export type Upload = {
  name?: string;
  /** The MIME type that the request tells, if any. */
  declaredType?: string;
  chunks: AsyncIterable<Uint8Array>;
};

/** How many bytes the signatures of file formats are looked for in: what `file-type` needs at most. */
const headSize = 4100;

/** What curl says where it was told nothing: as good as no type at all. */
const curlBodyDefault = 'application/x-www-form-urlencoded';

/**
 * The MIME type of an upload: the one that it was given, else by its file name, else by its first bytes.
 * Returns the chunks whole, those that were looked at included.
 */
export async function mediaTypeOf(
  upload: Upload,
): Promise<{ mediaType: string; chunks: AsyncIterable<Uint8Array> }> {
  const { declaredType, name, chunks } = upload;
  if (declaredType !== undefined && declaredType !== curlBodyDefault)
    return { mediaType: declaredType, chunks };
  const byName = name === undefined ? false : lookup(name);
  if (byName) return { mediaType: byName, chunks };
  const iterator = chunks[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  return { mediaType: await byContent(Buffer.concat(head)), chunks: rejoined(head, iterator) };
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const head: Uint8Array[] = [];
  for (let size = 0; size < headSize; ) {
    const next = await iterator.next();
    if (next.done) break;
    head.push(next.value);
    size += next.value.length;
  }
  return head;
}

async function byContent(head: Uint8Array): Promise<string> {
  const signature = await fileTypeFromBuffer(head);
  if (signature) return signature.mime;
  const utf8 = new Utf8Check();
  utf8.push(head);
  return utf8.isValidSoFar && !head.includes(0) ? 'text/plain' : 'application/octet-stream';
}

async function* rejoined(head: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  yield* { [Symbol.asyncIterator]: () => rest };
}
