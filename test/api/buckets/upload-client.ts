import { expect } from 'bun:test';
import { answered, bucketPath, type Client, call, done, pattern, type StoredObject } from './client.ts';

/** The response to the start of an upload in parts (docs/contract/buckets.md, "Multipart uploads"). */
export type Upload = { uploadId: string; bucket: string; key: string; expiresAt: string };
export type Part = { partNumber: number; etag: string };
type Headers = Record<string, string>;

/** The minimum size of every part except the last (docs/contract/buckets.md, "Limits"). */
export const minPartSize = 5 * 1024 ** 2;
/** A part of the minimum size, created once for each seed. */
export const fullPart = (seed: number): Uint8Array<ArrayBuffer> => {
  const known = fullParts.get(seed) ?? pattern(minPartSize, seed);
  fullParts.set(seed, known);
  return known;
};
const fullParts = new Map<number, Uint8Array<ArrayBuffer>>();

type Place = Pick<Upload, 'bucket' | 'uploadId'>;
export const uploadPath = ({ bucket, uploadId }: Place) => `${bucketPath(bucket)}/uploads/${uploadId}`;

export function start(client: Client, bucket: string, fields: Record<string, unknown>): Promise<Response> {
  return call(client, 'POST', `${bucketPath(bucket)}/uploads`, { json: fields });
}

export function started(
  client: Client,
  bucket: string,
  key = 'film.mp4',
  fields: Record<string, unknown> = {},
): Promise<Upload> {
  return answered(start(client, bucket, { key, ...fields }), 201);
}

export function putPart(
  client: Client,
  upload: Place,
  part: number | string,
  body: BodyInit,
  { headers = {}, query = '' }: { headers?: Headers; query?: string } = {},
): Promise<Response> {
  return call(client, 'PUT', `${uploadPath(upload)}/parts/${part}${query}`, { body, headers });
}

/** PUTs a part and expects success. */
export async function sent(client: Client, upload: Place, part: number, body: BodyInit): Promise<Part> {
  const taken = await answered<Part>(putPart(client, upload, part, body));
  expect(taken).toEqual({ partNumber: part, etag: expect.stringMatching(/^[^"]+$/) });
  return taken;
}

export function complete(
  client: Client,
  upload: Place,
  parts: unknown,
  headers: Headers = {},
): Promise<Response> {
  return call(client, 'POST', `${uploadPath(upload)}/complete`, { json: { parts }, headers });
}

export function completed(client: Client, upload: Place, parts: Part[]): Promise<StoredObject> {
  return answered(complete(client, upload, parts));
}

export function abort(client: Client, upload: Place, query = ''): Promise<Response> {
  return call(client, 'DELETE', `${uploadPath(upload)}${query}`);
}

export function aborted(client: Client, upload: Place): Promise<void> {
  return done(abort(client, upload));
}

/** Concatenates the bytes of all parts. */
export const joined = (...parts: (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
