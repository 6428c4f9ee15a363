import { basename } from 'node:path';
import { fileTypeOf } from '../../../naming/media-type.ts';

/** The media type by file name and first bytes; undefined if neither shows one. */
export async function typeOfFile(name: string, head: Uint8Array): Promise<string | undefined> {
  const { lookup } = (await import('mime-types')).default;
  const base = basename(name);
  // For a file named `json` the registry would take the whole name as the extension.
  return fileTypeOf(base, head, (base.includes('.') && lookup(base)) || undefined);
}

const textTypes =
  /^(?:text\/|application\/(?:json|xml|javascript|toml|yaml|sql|x-sh|x-ndjson)\b|[^;]+\+(?:json|xml)\b)/i;

export function isTextType(mediaType: string): boolean {
  return textTypes.test(mediaType);
}
