import { basename } from 'node:path';
import { fileTypeOf } from '../../naming/media-type.ts';

/** The media type of a file or an object by its name and its first bytes together; undefined where they show none. */
export async function typeOfFile(name: string, head: Uint8Array): Promise<string | undefined> {
  const { lookup } = (await import('mime-types')).default;
  const base = basename(name);
  // Of a bare `json` the registry would take the whole name for its ending.
  return fileTypeOf(base, head, (base.includes('.') && lookup(base)) || undefined);
}

const textTypes =
  /^(?:text\/|application\/(?:json|xml|javascript|toml|yaml|sql|x-sh|x-ndjson)\b|[^;]+\+(?:json|xml)\b)/i;

export function isTextType(mediaType: string): boolean {
  return textTypes.test(mediaType);
}
