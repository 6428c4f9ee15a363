import { bodyOf, nameOf, sizeTold } from './answer-headers.ts';
import type { PayloadInfo, ReadPayload } from './payload-types.ts';

/** What the headers of `/raw/{id}` tell. */
export function infoOf(headers: Headers): PayloadInfo {
  const told = (name: string) => headers.get(name) ?? undefined;
  const readsLeft = told('x-reads-left');
  return {
    headers,
    size: sizeTold(headers),
    mediaType: told('content-type') ?? 'application/octet-stream',
    name: nameOf(headers),
    etag: told('etag'),
    counted: /\bno-store\b/.test(told('cache-control') ?? ''),
    expiresAt: told('x-expires-at'),
    readsLeft: readsLeft === undefined ? undefined : Number(readsLeft),
  };
}

export function readOf(response: Response): ReadPayload {
  return { ...infoOf(response.headers), ...bodyOf(response) };
}
