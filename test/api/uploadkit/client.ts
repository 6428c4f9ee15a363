import { expect } from 'bun:test';
import { answered, expectJson } from '../expected-answers.ts';
import { type FileServer, operate } from '../file-server.ts';

type Operated = Pick<FileServer, 'url' | 'dataDir' | 'stores'>;

/**
 * A client of UploadKit: the key of an account that has the route `imageUploader` of docs/contract/uploadkit.md,
 * "Example".
 */
export type Client = { url: string; account: string; key: string };

/** The response to the start of an upload in parts, and the fields of its completion. */
export type Begun = {
  fileId: string;
  uploadId: string;
  key: string;
  parts: { partNumber: number; uploadUrl: string }[];
};
export type Part = { partNumber: number; etag: string };

export type Requested = { fileId: string; uploadUrl: string; cdnUrl: string; key: string };

/** docs/contract/uploadkit.md, "Files". */
export type File = {
  id: string;
  key: string;
  name: string;
  size: number;
  type: string;
  url: string;
  status: 'UPLOADED';
  createdAt: string;
};

export type Completed = File & { file: File };
export type Page = { files: File[]; nextCursor: string | null };

/** A key for a new account, without a file route. */
export async function newKey(
  server: Operated,
  account = `account-${crypto.randomUUID()}`,
  options: string[] = [],
): Promise<string> {
  const named = ['--kind', 'uploadkit', '--account', account];
  return operate(server, ['keys', 'create', ...named, ...options]);
}

/** @returns The secret of the webhook, if there is one. */
export function newRoute(
  server: Operated,
  account: string,
  slug: string,
  options: string[],
): Promise<string> {
  // Receivers of the tests are on loopback.
  const env = { WEBHOOK_ALLOW_PRIVATE: 'true' };
  return operate(server, ['routes', 'create', slug, '--account', account, ...options], env);
}

/**
 * A new account, so that no test sees another's files; the limit is that of the message in
 * docs/contract/uploadkit.md, "File routes".
 */
export async function newClient(server: Operated, keyOptions: string[] = []): Promise<Client> {
  const account = `account-${crypto.randomUUID()}`;
  const key = await newKey(server, account, keyOptions);
  await newRoute(server, account, 'imageUploader', ['--max-size', '4MB', '--types', 'image/*']);
  return { url: server.url, account, key };
}

/** A call with the client's key. A body that is not a string is sent as JSON. */
export function call(
  { url, key }: Pick<Client, 'url' | 'key'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { 'x-api-key': key },
): Promise<Response> {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(text !== undefined && { 'Content-Type': 'application/json' }) },
    ...(text !== undefined && { body: text }),
  });
}

/** docs/contract/uploadkit.md, "Example". */
export const example = {
  fileName: 'profile.jpg',
  fileSize: 204_800,
  contentType: 'image/jpeg',
  routeSlug: 'imageUploader',
};
export const photo = new Uint8Array(example.fileSize).fill(7);

export function request(client: Client, fields: Record<string, unknown> = {}): Promise<Requested> {
  return answered(call(client, 'POST', '/upload/request', { ...example, ...fields }));
}

export function put(
  url: string,
  body: BodyInit = photo,
  contentType = example.contentType,
): Promise<Response> {
  return fetch(url, { method: 'PUT', headers: { 'Content-Type': contentType }, body });
}

export function complete(
  client: Client,
  fileId: string,
  metadata?: Record<string, unknown>,
): Promise<Completed> {
  return answered(call(client, 'POST', '/upload/complete', { fileId, ...(metadata && { metadata }) }));
}

/** Requests, PUTs and completes a file of a few bytes, and expects success. */
export async function uploaded(
  client: Client,
  fields: Record<string, unknown> = {},
  bytes = 'photo',
): Promise<File> {
  const { fileId, uploadUrl } = await request(client, { fileSize: Buffer.byteLength(bytes), ...fields });
  const { contentType = example.contentType } = fields;
  expect((await put(uploadUrl, bytes, String(contentType))).status).toBe(200);
  return (await complete(client, fileId)).file;
}

export function list(client: Client, query = ''): Promise<Page> {
  return answered(call(client, 'GET', `/files${query}`));
}

/** docs/contract/uploadkit.md, "Errors". */
const statuses = {
  VALIDATION_ERROR: 400,
  FILE_NOT_UPLOADED: 400,
  UNAUTHORIZED: 401,
  FILE_TOO_LARGE: 403,
  FILE_TYPE_NOT_ALLOWED: 403,
  STORAGE_LIMIT_EXCEEDED: 403,
  FILE_LIMIT_EXCEEDED: 403,
  FILE_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  METHOD_NOT_IMPLEMENTED: 501,
  RATE_LIMITED: 429,
  INSUFFICIENT_STORAGE: 507,
} as const;
export type Code = keyof typeof statuses;

/**
 * Expects an error in the shape of docs/contract/uploadkit.md, "Errors", with the headers of all errors.
 * Resolves to its message.
 */
export async function expectError(response: Response, code: Code): Promise<string> {
  const body = await expectJson<{ error: string; code: string }>(response, statuses[code]);
  expect(body).toEqual({ error: expect.stringMatching(/\S{2,}/), code });
  return body.error;
}

const types: Record<number, string> = {
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** Expects an error in the shape of the service's own client library. Resolves to its message. */
export async function expectNestedError(response: Response, code: Code): Promise<string> {
  type Nested = { error: { type: string; code: string; message: string; suggestion: string } };
  const { error } = await expectJson<Nested>(response, statuses[code]);
  const sentence = expect.stringMatching(/\S{2,}/);
  const type = types[statuses[code]] ?? 'invalid_request_error';
  expect(error).toEqual({ type, code, message: sentence, suggestion: sentence });
  return error.message;
}
