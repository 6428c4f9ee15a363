/** Requests to a Mayfly, as its clients make them. */

/** Creates a payload as JSON, and resolves when it is acknowledged. @throws Error for any status except 201 */
export async function post(url: string, payload: Record<string, unknown>): Promise<string> {
  return idOf(
    await fetch(`${url}/api/v1/payloads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mime_type: 'text/plain', ...payload }),
    }),
  );
}

/** Uploads bytes as `curl -T` does; given a stream, chunked. @throws Error for any status except 201 */
export async function put(
  url: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
  query = '',
): Promise<string> {
  return idOf(await fetch(`${url}/file.bin${query}`, { method: 'PUT', body: body as BodyInit }));
}

/** PUTs one part to the URL that it has. @returns Its ETag @throws Error for any status except 200 */
export async function putPart(url: string, body: Uint8Array): Promise<string> {
  const response = await fetch(url, { method: 'PUT', body: body as BodyInit });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response.headers.get('etag') ?? '';
}

/** A stream of bytes in pieces, which a client sends without a length. */
export function streamOf(bytes: Uint8Array, pieceSize = 64 * 1024): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(position, position + pieceSize));
      position += pieceSize;
      if (position >= bytes.length) controller.close();
    },
  });
}

/** The status of a response; its body is read and dropped. */
export async function statusOf(url: string, options?: RequestInit): Promise<number> {
  const response = await fetch(url, options);
  await response.arrayBuffer();
  return response.status;
}

/**
 * Deletes a payload that needs no token, or shows the token. On a connection that was used before, `fetch` repeats a
 * request if the connection closes, and a repeated deletion gets 404.
 *
 * @throws Error for any status except 204
 */
export async function remove(url: string, id: string, token?: string): Promise<void> {
  const headers: Record<string, string> = token === undefined ? {} : { 'x-delete-token': token };
  const request = { method: 'DELETE', headers, keepalive: false };
  const status = await statusOf(`${url}/api/v1/payloads/${id}`, request);
  if (status !== 204) throw new Error(`${status} for deleting ${id}`);
}

/** The bytes at /raw. @throws Error for any status except 200 */
export async function readRaw(url: string, id: string): Promise<Buffer> {
  const response = await fetch(`${url}/raw/${id}`);
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${id}: ${response.status} ${body}`);
  return body;
}

/** The id from the header, so that a payload also counts as acknowledged if the body is truncated. */
async function idOf(response: Response): Promise<string> {
  const id = response.headers.get('location')?.split('/').pop();
  const body = response.text();
  if (response.status === 201 && id) {
    await body.catch(() => undefined);
    return id;
  }
  throw new Error(`${response.status} ${await body}`);
}
