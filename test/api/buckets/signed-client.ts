import { answered, bucketPath, type Client, call } from './client.ts';
import { recordAnswer } from './documented.ts';

/** The response to signing (docs/contract/buckets.md, "Signed URLs"). */
export type Signed = { url: string; method: 'GET' | 'PUT'; expiresAt: string };

export function sign(client: Client, bucket: string, fields: Record<string, unknown>): Promise<Response> {
  return call(client, 'POST', `${bucketPath(bucket)}/sign`, { json: fields });
}

/** Signs a URL that is valid for a minute, unless the fields say otherwise. */
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

/** A PUT without a key. */
export function putTo(
  url: string,
  body: BodyInit = 'content',
  headers: Record<string, string> = {},
): Promise<Response> {
  return askFor(url, { method: 'PUT', body, headers });
}

/** Any other request without a key. */
export async function askFor(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  recordAnswer(init.method ?? 'GET', url, response.status);
  return response;
}

/** A body of unknown length. */
export function inPieces(...pieces: string[]): ReadableStream<Uint8Array> {
  return new Blob(pieces).stream();
}
