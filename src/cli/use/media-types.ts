import { basename } from 'node:path';

/** The media type that a file name tells, where it tells one. */
export async function typeByName(name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const { contentType, lookup } = (await import('mime-types')).default;
  // A name such as `json` is no ending.
  return (lookup(basename(name)) && basename(name).includes('.') && contentType(basename(name))) || undefined;
}

const textTypes =
  /^(?:text\/|application\/(?:json|xml|javascript|toml|yaml|sql|x-sh|x-ndjson)\b|[^;]+\+(?:json|xml)\b)/i;

export function isTextType(mediaType: string): boolean {
  return textTypes.test(mediaType);
}

/** Whether bytes begin as UTF-8 text does, where a character may be cut at the end. */
export function isText(head: Uint8Array): boolean {
  if (head.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
