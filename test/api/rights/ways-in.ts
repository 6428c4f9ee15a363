import { expect } from 'bun:test';
import * as buckets from '../buckets/client.ts';
import { signedUrl } from '../buckets/signed-client.ts';
import * as multipart from '../buckets/upload-client.ts';
import { type FileServer, operate } from '../file-server.ts';
import { api } from '../payloads/server.ts';
import * as uploads from '../payloads/upload-client.ts';
import * as putput from '../putput/client.ts';
import * as uploadkit from '../uploadkit/client.ts';

export type Clients = {
  server: FileServer;
  guest: putput.Client;
  bucketClient: buckets.Client;
  bucket: string;
  uploadkitClient: uploadkit.Client;
};
type Content = Buffer<ArrayBuffer>;
/** Stores content, and resolves to the last response: the first failure, or the one that made it visible. */
type WayIn = (clients: Clients, content: Content) => Promise<Response>;

export async function clientsOf(server: FileServer): Promise<Clients> {
  const bucketClient = await buckets.newClient(server);
  const { name: bucket } = await buckets.newBucket(bucketClient);
  const uploadkitClient = await uploadkit.newClient(server);
  await operate(server, [
    ...['routes', 'create', 'any', '--account', uploadkitClient.account],
    ...['--max-size', '100MB', '--types', '*/*'],
  ]);
  return { server, guest: await putput.newClient(server.url), bucketClient, bucket, uploadkitClient };
}

const type = 'application/octet-stream';
const headers = { 'Content-Type': type };

/** Every way to store content, in all APIs; `inParts` are those for content of more than one part. */
export const waysIn: Record<string, WayIn> = {
  JSON: ({ server }, content) =>
    fetch(`${server.url}${api}`, {
      method: 'POST',
      body: JSON.stringify({ content: content.toString('base64'), encoding: 'base64', mime_type: type }),
    }),
  'a PUT at the root': ({ server }, body) => fetch(`${server.url}/x.bin`, { method: 'PUT', headers, body }),
  'a chunked PUT at the root': ({ server }, body) =>
    fetch(`${server.url}/x.bin`, { method: 'PUT', headers, body: new Blob([body]).stream() }),
  'a form': ({ server }, content) => {
    const body = new FormData();
    body.append('file', new File([content], 'x.bin'));
    return fetch(server.url, { method: 'POST', body });
  },
  'a presigned PutPut upload': async ({ guest }, content) => {
    const { upload_id, presigned_url } = await putput.presign(guest, { size_bytes: content.length });
    const put = await putput.put(presigned_url, content);
    return put.ok ? putput.call(guest, 'POST', '/upload/confirm', { upload_id }) : put;
  },
  'an UploadKit upload': async ({ uploadkitClient }, content) => {
    const fields = { routeSlug: 'any', fileName: 'x.bin', fileSize: content.length, contentType: type };
    const begun = await uploadkit.call(uploadkitClient, 'POST', '/upload/request', fields);
    const { fileId, uploadUrl } = (await begun.json()) as uploadkit.Requested;
    const put = await fetch(uploadUrl, { method: 'PUT', headers, body: content });
    return put.ok ? uploadkit.call(uploadkitClient, 'POST', '/upload/complete', { fileId }) : put;
  },
  'an object': ({ bucketClient, bucket }, body) =>
    buckets.put(bucketClient, bucket, crypto.randomUUID(), body),
  'a signed PUT of an object': async ({ bucketClient, bucket }, body) =>
    fetch(await signedUrl(bucketClient, bucket, crypto.randomUUID(), 'PUT'), { method: 'PUT', body }),
};

/** The ways for content of more than 5 MiB. */
export const waysInParts: Record<string, WayIn> = {
  'a payload in parts': async ({ server }, content) => {
    const begun = await uploads.begin(server, content.length);
    return uploads.postComplete(server, begun.upload_id, await uploads.putAll(begun, content));
  },
  'an UploadKit upload in parts': async ({ uploadkitClient }, content) => {
    const fields = { routeSlug: 'any', fileName: 'x.bin', fileSize: content.length, contentType: type };
    const init = await uploadkit.call(uploadkitClient, 'POST', '/upload/multipart/init', fields);
    const { fileId, uploadId, parts } = (await init.json()) as uploadkit.Begun;
    const sent = await Promise.all(
      parts.map(async ({ partNumber, uploadUrl }) => {
        const body = uploads.partOf(content, partNumber);
        const { headers } = await fetch(uploadUrl, { method: 'PUT', body });
        return { partNumber, etag: headers.get('etag') ?? '' };
      }),
    );
    const body = { fileId, uploadId, parts: sent };
    return uploadkit.call(uploadkitClient, 'POST', '/upload/multipart/complete', body);
  },
  'an object in parts': async ({ bucketClient, bucket }, content) => {
    const upload = await multipart.started(bucketClient, bucket, crypto.randomUUID());
    const first = await multipart.sent(bucketClient, upload, 1, uploads.partOf(content, 1));
    const second = await multipart.sent(bucketClient, upload, 2, uploads.partOf(content, 2));
    return multipart.complete(bucketClient, upload, [first, second]);
  },
};

/** Expects every way to accept the content, or to reject it as blocked in its API's own shape. */
export async function expectTaken(
  ways: Record<string, WayIn>,
  clients: Clients,
  content: Content,
  isTaken: boolean,
): Promise<void> {
  for (const [name, way] of Object.entries(ways)) {
    const response = await way(clients, content);
    const { status } = response;
    const text = await response.text();
    if (isTaken) expect([name, response.ok, text]).toEqual([name, true, text]);
    else
      expect({ name, status, text }).toEqual({
        name,
        status: 403,
        text: expect.stringMatching(/refuses this content/),
      });
  }
}
