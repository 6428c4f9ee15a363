/** A program's requests to the bucket API (docs/contract/buckets.md), one function for each. */

import type { Part, Upload } from '../api/buckets/upload-client.ts';

/** A server's address, and the API key for it. */
export type BucketClient = { url: string; key: string };

/** A call that must have this status. @throws Error whose message begins with the status, for any other */
async function send(
  { url, key }: BucketClient,
  status: number | number[],
  method: string,
  path: string,
  body?: Uint8Array | object,
): Promise<Response> {
  const isJson = body !== undefined && !(body instanceof Uint8Array);
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(isJson && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
  });
  if ([status].flat().includes(response.status)) return response;
  throw new Error(`${response.status} for ${method} ${path}: ${await response.text()}`);
}

const objectPath = (bucket: string, key: string) => `/buckets/${bucket}/objects/${key}`;
const uploadPath = ({ bucket, uploadId }: Upload) => `/buckets/${bucket}/uploads/${uploadId}`;

export async function createBucket(client: BucketClient, name: string): Promise<void> {
  await (await send(client, 201, 'POST', '/buckets', { name })).json();
}

export async function putObject(
  client: BucketClient,
  bucket: string,
  key: string,
  bytes: Uint8Array,
): Promise<void> {
  await (await send(client, [200, 201], 'PUT', objectPath(bucket, key), bytes)).json();
}

/** The bytes, or undefined if there is no such object. */
export async function getObject(
  client: BucketClient,
  bucket: string,
  key: string,
): Promise<Buffer | undefined> {
  const response = await send(client, [200, 404], 'GET', objectPath(bucket, key));
  const body = Buffer.from(await response.arrayBuffer());
  return response.status === 200 ? body : undefined;
}

export async function copyObject(
  client: BucketClient,
  bucket: string,
  from: string,
  to: string,
): Promise<void> {
  const body = { destinationKey: to };
  await (await send(client, 201, 'POST', `${objectPath(bucket, from)}/copy`, body)).json();
}

export async function deleteObject(client: BucketClient, bucket: string, key: string): Promise<void> {
  await send(client, 204, 'DELETE', objectPath(bucket, key));
}

/** @throws Error if one of them did not exist */
export async function deleteObjects(client: BucketClient, bucket: string, keys: string[]): Promise<void> {
  const path = `/buckets/${bucket}/objects/batch-delete`;
  const { errors } = (await (await send(client, 200, 'POST', path, { keys })).json()) as { errors: object[] };
  if (errors.length > 0) throw new Error(`404 for some of a batch: ${JSON.stringify(errors)}`);
}

export async function startUpload(client: BucketClient, bucket: string, key: string): Promise<Upload> {
  return (await send(client, 201, 'POST', `/buckets/${bucket}/uploads`, { key })).json() as Promise<Upload>;
}

export async function putPart(
  client: BucketClient,
  begun: Upload,
  part: number,
  bytes: Uint8Array,
): Promise<Part> {
  const path = `${uploadPath(begun)}/parts/${part}`;
  return (await send(client, 200, 'PUT', path, bytes)).json() as Promise<Part>;
}

/** @returns False if the upload does not exist, or no longer exists */
export async function completeUpload(client: BucketClient, begun: Upload, parts: Part[]): Promise<boolean> {
  const response = await send(client, [200, 404], 'POST', `${uploadPath(begun)}/complete`, { parts });
  await response.json();
  return response.status === 200;
}

/** The API's view of a bucket: its own numbers, and all of its objects. */
export async function shown(
  client: BucketClient,
  bucket: string,
): Promise<{ objectCount: number; sizeBytes: number; sizes: Map<string, number> }> {
  const numbers = await (await send(client, 200, 'GET', `/buckets/${bucket}`)).json();
  const { objectCount, sizeBytes } = numbers as { objectCount: number; sizeBytes: number };
  const sizes = new Map<string, number>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await (
      await send(client, 200, 'GET', `/buckets/${bucket}/objects?limit=1000${query}`)
    ).json()) as { data: { key: string; size: number }[]; nextCursor: string | null };
    for (const { key, size } of page.data) sizes.set(key, size);
    cursor = page.nextCursor;
  }
  return { objectCount, sizeBytes, sizes };
}

/** The usage that the API reports for the account. */
export async function held(client: BucketClient): Promise<{ storageBytes: number; objectCount: number }> {
  const account = await (await send(client, 200, 'GET', '/account')).json();
  const { storageBytes, objectCount } = (account as { usage: { storageBytes: number; objectCount: number } })
    .usage;
  return { storageBytes, objectCount };
}
