import { expectStatus } from '../expected-answers.ts';
import { type FileServer, operate } from '../file-server.ts';
import { api, type Created } from './server.ts';

/** A server, and the API key of requests; without one they are anonymous. */
export type At = { url: string; key?: string };

export type Begun = {
  upload_id: string;
  part_size: number;
  parts: { number: number; url: string }[];
  expires_at: string;
};
export type Part = { number: number; etag: string };

export const uploads = `${api}/uploads`;
export const partSize = 5 * 1024 ** 2;

/** Bytes whose parts all differ. */
export function someBytes(size: number, seed = 31): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index += 1) bytes[index] = (index * seed + (index >> 12)) % 251;
  return bytes;
}

function send(
  { url, key }: At,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${url}${uploads}${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body !== undefined && { body: text }),
  });
}

/** `POST /api/v1/payloads/uploads` with an unchecked body. */
export const postBegin = (server: At, body: unknown, headers = {}) => send(server, 'POST', '', body, headers);

export const postComplete = (server: At, uploadId: string, parts: unknown, headers = {}) =>
  send(server, 'POST', `/${uploadId}/complete`, { parts }, headers);

export const abort = (server: At, uploadId: string, headers = {}) =>
  send(server, 'DELETE', `/${uploadId}`, undefined, headers);

/** Begins an upload of this number of bytes, and expects success. */
export async function begin(server: At, size: number, fields: Record<string, unknown> = {}): Promise<Begun> {
  const response = await postBegin(server, { size, mime_type: 'application/octet-stream', ...fields });
  return JSON.parse(await expectStatus(response, 201)) as Begun;
}

export const partOf = (bytes: Buffer<ArrayBuffer>, number: number) =>
  bytes.subarray((number - 1) * partSize, number * partSize);

/** PUTs one part, and expects success. */
export async function putPart(url: string, number: number, body: Buffer<ArrayBuffer>): Promise<Part> {
  const response = await fetch(url, { method: 'PUT', body });
  await expectStatus(response, 200);
  return { number, etag: response.headers.get('etag') ?? '' };
}

/** PUTs all parts concurrently. */
export function putAll({ parts }: Begun, bytes: Buffer<ArrayBuffer>): Promise<Part[]> {
  return Promise.all(parts.map(({ number, url }) => putPart(url, number, partOf(bytes, number))));
}

/** Completes an upload, and expects success. */
export async function complete(server: At, { upload_id }: Begun, parts: Part[]): Promise<Required<Created>> {
  const response = await postComplete(server, upload_id, parts);
  return JSON.parse(await expectStatus(response, 201)) as Required<Created>;
}

/** A key that the operator created. Its parts go straight to S3 if that is configured. */
export async function payloadKey(server: FileServer): Promise<string> {
  return (await operate(server, ['keys', 'create', '--kind', 'payload', '--account', 'acme'])).trim();
}

/** Begins, PUTs and completes. */
export async function uploadInParts(
  server: At,
  bytes: Buffer<ArrayBuffer>,
  fields: Record<string, unknown> = {},
): Promise<Required<Created>> {
  const begun = await begin(server, bytes.length, fields);
  return complete(server, begun, await putAll(begun, bytes));
}
