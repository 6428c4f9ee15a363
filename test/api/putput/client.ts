import { expect } from 'bun:test';
import { answered, expectJson } from '../expected-answers.ts';

/** The bases of PutPut, the older one last (docs/contract/putput.md, "Routes"). */
export const bases = ['/api/v1', '/api'] as const;
export type Base = (typeof bases)[number];

/** A client of PutPut: an account, and the base that it calls. */
export type Client = { url: string; base: Base; token: string };

export type Guest = {
  token: string;
  claim_url: string;
  limits: {
    storage_bytes: number;
    max_file_size_bytes: number;
    max_files: number;
    expires_at: string | null;
  };
};

export type Presigned = {
  upload_id: string;
  presigned_url: string;
  public_name: string;
  expires_at: string;
};

/** docs/contract/putput.md, "Files". */
export type File = {
  id: string;
  original_name: string;
  public_name: string;
  public_url: string | null;
  content_type: string;
  size_bytes: number;
  created_at: string;
  visibility: 'public' | 'private';
  prefix: string | null;
  metadata: Record<string, string> | null;
  tags: string[] | null;
  download_count: number;
  short_url: string | null;
  expires_at: string | null;
};

export type Page = { files: File[]; cursor: string | null; has_more: boolean };

export async function newGuest(url: string, base: Base): Promise<Guest> {
  const response = await fetch(`${url}${base}/auth/guest`, { method: 'POST' });
  expect(response.status).toBe(201);
  return (await response.json()) as Guest;
}

/** A new guest, so that no test sees another's files. */
export async function newClient(url: string, base: Base = '/api/v1'): Promise<Client> {
  return { url, base, token: (await newGuest(url, base)).token };
}

/** A call with the client's token. A body that is not a string is sent as JSON. */
export function call(
  { url, base, token }: Client,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return fetch(url + base + path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(text !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(text !== undefined && { body: text }),
  });
}

/** docs/contract/putput.md, "Example". */
export const example = { filename: 'api-docs-test.txt', content_type: 'text/plain', size_bytes: 20 };
export const exampleText = 'Hello from the docs!';

export function presign(client: Client, fields: Record<string, unknown> = {}): Promise<Presigned> {
  return answered(call(client, 'POST', '/upload/presign', { ...example, ...fields }));
}

export function put(url: string, body: BodyInit, contentType = example.content_type): Promise<Response> {
  return fetch(url, { method: 'PUT', headers: { 'Content-Type': contentType }, body });
}

export async function confirm(client: Client, upload_id: string): Promise<File> {
  return (await answered<{ file: File }>(call(client, 'POST', '/upload/confirm', { upload_id }))).file;
}

/** Presigns, PUTs and confirms a file, and expects success. */
export async function uploaded(
  client: Client,
  {
    bytes = exampleText,
    ...fields
  }: Record<string, unknown> & { bytes?: string | Uint8Array<ArrayBuffer> } = {},
): Promise<File> {
  const size_bytes = Buffer.byteLength(bytes);
  const { upload_id, presigned_url } = await presign(client, { size_bytes, ...fields });
  const { content_type = example.content_type } = fields;
  const response = await put(presigned_url, bytes, String(content_type));
  expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 200 });
  return confirm(client, upload_id);
}

export function list(client: Client, query = ''): Promise<Page> {
  return answered(call(client, 'GET', `/files${query}`));
}

/** docs/contract/putput.md, "Errors". */
const statuses = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  VALIDATION_ERROR: 400,
  UPLOAD_NOT_FOUND: 404,
  FILE_NOT_FOUND: 404,
  FILE_NOT_UPLOADED: 400,
  FILE_TOO_LARGE: 413,
  FILE_LIMIT_EXCEEDED: 403,
  STORAGE_LIMIT_EXCEEDED: 403,
  CONTENT_TYPE_BLOCKED: 403,
  UNSUPPORTED_CONTENT_ENCODING: 415,
  RATE_LIMITED: 429,
  SERVER_ERROR: 500,
  INSUFFICIENT_STORAGE: 507,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  METHOD_NOT_IMPLEMENTED: 501,
} as const;
export type Code = keyof typeof statuses;

/**
 * Expects an error in the shape of docs/contract/putput.md, "Errors", with the headers of all errors. Resolves
 * to its message.
 */
export async function expectError(response: Response, code: Code): Promise<string> {
  const body = await expectJson<{ error: { code: string; message: string; hint: string } }>(
    response,
    statuses[code],
  );
  const sentence = expect.stringMatching(/\S{2,}/);
  expect(body).toEqual({ error: { code, message: sentence, hint: sentence } });
  return body.error.message;
}

/** The rejection of a PUT: by S3 with its own error, by this server with that of its presigned URLs. */
export async function expectRefusedPut({ url }: Client, address: string, response: Response): Promise<void> {
  expect(response.status).toBe(403);
  const text = await response.text();
  if (new URL(address).origin !== url) return expect(text).toContain('<Code>');
  expect(JSON.parse(text)).toEqual({
    error: {
      code: 'forbidden',
      message: expect.any(String),
      requestId: expect.any(String),
      docsUrl: expect.stringContaining('/docs/errors/'),
    },
  });
}
