import { randomBytes } from 'node:crypto';
import type { Server } from './servers.ts';

type Created = { hash_id: string };
type Read = { content: string; mime_type: string; expiry_time: string };

const hour = 3_600_000;
const seedersAtOnce = 32;

/** Text of an exact size in bytes that does not compress. */
export function makeText(size: number): string {
  return randomBytes(size).toString('base64').slice(0, size);
}

/** A request body with all three fields, as in the API's documentation. */
export function makeRequest(content: string): string {
  const expiry = new Date(Date.now() + 24 * hour).toISOString();
  return JSON.stringify({ content, mime_type: 'text/plain', expiry_time: expiry });
}

/** Creates payloads over HTTP. @returns their ids */
export async function seedPayloads(server: Server, count: number, contentSize: number): Promise<string[]> {
  const ids: string[] = [];
  let left = count;
  const seed = async () => {
    while (left-- > 0) ids.push(await createPayload(server, makeText(contentSize)));
  };
  await Promise.all(Array.from({ length: seedersAtOnce }, seed));
  return ids;
}

/** The path of a payload. */
export function payloadPath(id: string): string {
  return `/api/v1/payloads/${id}`;
}

/** Creates one payload and reads it back. @throws if the content differs */
export async function proveRoundTrip(server: Server, contentSize: number): Promise<void> {
  const content = makeText(contentSize);
  const id = await createPayload(server, content);
  const response = await fetch(`${server.url}${payloadPath(id)}`);
  const payload = (await response.json()) as Read;
  if (response.status !== 200 || payload.content !== content || payload.mime_type !== 'text/plain')
    throw new Error(`${server.name} read back ${response.status} ${JSON.stringify(payload)}`);
}

export async function createPayload(server: Server, content: string): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/payloads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: makeRequest(content),
  });
  if (response.status !== 201)
    throw new Error(`${server.name} answered POST with ${response.status} ${await response.text()}`);
  return ((await response.json()) as Created).hash_id;
}
