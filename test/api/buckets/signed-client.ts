import { answered, bucketPath, type Client, call } from './client.ts';
import { recordAnswer } from './documented.ts';

/** docs/contract/buckets.md, "Signed URLs": what signing answers. */
export type Signed = { url: string; method: 'GET' | 'PUT'; expiresAt: string };

export function sign(client: Client, bucket: string, fields: Record<string, unknown>): Promise<Response> {
  return call(client, 'POST', `${bucketPath(bucket)}/sign`, { json: fields });
}

/** A URL that is good for a minute, or for what the fields say. */
export function signed(
  client: Client,
  bucket: string,
  key: string,
  method: 'GET' | 'PUT',
  fields: Record<string, unknown> = {},
): Promise<Signed> {
  return answered(sign(client, bucket, { key, method, expiresIn: 60, ...fields }));
}

export async function signedUrl(...parameters: Parameters<typeof signed>): Promise<string> {
  return (await signed(...parameters)).url;
}

/** A PUT as a stranger makes it: without a key. */
export function putTo(
  url: string,
  body: BodyInit = 'content',
  headers: Record<string, string> = {},
): Promise<Response> {
  return askFor(url, { method: 'PUT', body, headers });
}

/** Any other request as a stranger makes it. */
export async function askFor(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  recordAnswer(init.method ?? 'GET', url, response.status);
  return response;
}

/** A body of which nobody knows the length. */
export function inPieces(...pieces: string[]): ReadableStream<Uint8Array> {
  return new Blob(pieces).stream();
}
