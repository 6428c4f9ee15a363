import { expect } from 'bun:test';

/** A server under test. The contract suite uses nothing else of it. */
export type Server = {
  url: string;
  /** Its log so far, if the starter can read it. */
  logs?(): string;
  stop?(): unknown;
};

/** Starts the server at the first call; every call returns the same one. */
export type ServerOf = () => Promise<Server>;

export type Created = { hash_id: string; expiry_time: string; url: string; delete_token?: string };
export type Payload = {
  content: string;
  mime_type: string;
  expiry_time: string;
  encoding?: 'base64';
  reads_left?: number;
};

export const api = '/api/v1/payloads';
/** A well-formed id that no server has issued. */
export const unknownId = '00000000000000000000000000000000';

/** `POST /api/v1/payloads` with an unchecked body. */
export function post(
  { url }: Server,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + api, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Creates a payload of plain text, or with the given fields, and expects success. */
export async function create(server: Server, fields: Record<string, unknown> = {}): Promise<Created> {
  const response = await post(server, { content: 'Hello, World!', mime_type: 'text/plain', ...fields });
  expect(response.status).toBe(201);
  return (await response.json()) as Created;
}

/** Uploads bytes like `curl -T`, and expects success. Resolves to the id. */
export async function upload(
  { url }: Server,
  body: BodyInit,
  { name = '', headers = {} }: { name?: string; headers?: Record<string, string> } = {},
): Promise<string> {
  const response = await fetch(`${url}/${name}`, { method: 'PUT', headers, body });
  expect(response.status).toBe(201);
  return idOf((await response.text()).trim());
}

/** The id at the end of a share URL. */
export function idOf(shareUrl: string): string {
  const id = /\/p\/([0-9a-f]{32})$/.exec(shareUrl)?.[1];
  if (id === undefined) throw new Error(`not a share URL: ${shareUrl}`);
  return id;
}

export function read({ url }: Server, id: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}${api}/${id}`, { headers });
}

export async function readJson(server: Server, id: string): Promise<Payload> {
  const response = await read(server, id);
  expect(response.status).toBe(200);
  return (await response.json()) as Payload;
}

/**
 * Expects an error in the shape of docs/contract/payloads.md, "Errors", nothing else in it, and resolves to its
 * message.
 */
export async function expectError(response: Response, status: number): Promise<string> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text: expect.stringMatching(/^\{"error":/) });
  expect(response.headers.get('content-type')).toBe('application/json');
  const body = JSON.parse(text) as { error: string };
  expect(body).toEqual({ error: expect.stringMatching(/./) });
  return body.error;
}

/** The time in this number of seconds, in whole seconds, in the format of docs/contract/shared.md, "Values". */
export function inSeconds(seconds: number): string {
  const time = new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000);
  return time.toISOString().replace('.000Z', 'Z');
}
