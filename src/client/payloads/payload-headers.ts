import { bodyOf, decodedSize, nameOf } from '../connection/answer-headers.ts';
import type { PayloadInfo, ReadPayload } from './payload-types.ts';

/** Parses the headers of `/raw/{id}`. */
export function infoOf(headers: Headers): PayloadInfo {
  const header = (name: string) => headers.get(name) ?? undefined;
  const readsLeft = header('x-reads-left');
  return {
    headers,
    size: decodedSize(headers),
    mediaType: header('content-type') ?? 'application/octet-stream',
    name: nameOf(headers),
    etag: header('etag'),
    counted: /\bno-store\b/.test(header('cache-control') ?? ''),
    expiresAt: header('x-expires-at'),
    readsLeft: readsLeft === undefined ? undefined : Number(readsLeft),
  };
}

export function readOf(response: Response): ReadPayload {
  return { ...infoOf(response.headers), ...bodyOf(response) };
}
