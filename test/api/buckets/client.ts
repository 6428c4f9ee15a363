import { expect } from 'bun:test';
import { expectCommonHeaders, expectJson, expectStatus } from '../expected-answers.ts';
import { type FileServer, operate } from '../file-server.ts';
import { recordAnswer } from './documented.ts';

type Operated = Pick<FileServer, 'url' | 'dataDir' | 'stores'>;

/** A client of the bucket API with a key of an account. */
export type Client = { url: string; account: string; key: string };

/** docs/contract/buckets.md, "Buckets". */
export type Bucket = {
  name: string;
  public: boolean;
  defaultTtlSeconds: number | null;
  objectCount: number;
  sizeBytes: number;
  createdAt: string;
};
export type StoredObject = {
  bucket: string;
  key: string;
  size: number;
  etag: string;
  contentType: string;
  contentEncoding: string | null;
  metadata: Record<string, string>;
  createdAt: string;
  updatedAt: string;
  expiresAt: string | null;
};
export type Page<Entry> = { data: Entry[]; nextCursor: string | null };
export type ObjectPage = Page<StoredObject> & { commonPrefixes?: string[] };

/** ISO 8601 in UTC, with milliseconds only if they are not zero (docs/contract/shared.md, "Values"). */
export const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;

/** Creates a key for an account, and the account if it does not exist; without a plan it has no limits. */
export function newKey(server: Operated, account: string, options: string[] = []): Promise<string> {
  return operate(server, ['keys', 'create', '--kind', 'storage', '--account', account, ...options]);
}

/** Creates an account. Most tests need only a bucket. */
export async function newClient(server: Operated, keyOptions: string[] = []): Promise<Client> {
  const account = `account-${crypto.randomUUID()}`;
  return { url: server.url, account, key: await newKey(server, account, keyOptions) };
}

const shared = new Map<string, Promise<Client>>();

/** The account that tests of one server share if they need only their own buckets. */
export function sharedClient(server: Operated): Promise<Client> {
  const known = shared.get(server.dataDir) ?? newClient(server);
  shared.set(server.dataDir, known);
  return known;
}

export type CallOptions = {
  /** Sent as JSON, unless it is text. */
  json?: unknown;
  /** Sent unchanged. */
  body?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** A call with the client's key, if it has one. `path` follows the URL of the server. */
export async function call(
  { url, key }: { url: string; key?: string },
  method: string,
  path: string,
  { json, body, headers = {}, signal }: CallOptions = {},
): Promise<Response> {
  const text = typeof json === 'string' || json === undefined ? json : JSON.stringify(json);
  const sent = text ?? body;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      ...(text !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(sent !== undefined && { body: sent }),
    ...(signal && { signal }),
  });
  recordAnswer(method, `${url}${path}`, response.status);
  return response;
}

/** Expects a status, and returns the JSON body. */
export async function answered<Body>(answer: Promise<Response>, status = 200): Promise<Body> {
  return expectJson(await answer, status);
}

/** Expects 204 without a body. */
export async function done(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  expect(await expectStatus(response, 204)).toBe('');
  expectCommonHeaders(response);
}

export const bucketPath = (bucket: string) => `/v1/buckets/${bucket}`;

/** The path of an object, with raw slashes. */
export const objectPath = (bucket: string, key: string) =>
  `${bucketPath(bucket)}/objects/${key.split('/').map(encodeURIComponent).join('/')}`;

export const newBucketName = () => `test-${crypto.randomUUID()}`;

export function newBucket(client: Client, fields: Record<string, unknown> = {}): Promise<Bucket> {
  return answered(call(client, 'POST', '/v1/buckets', { json: { name: newBucketName(), ...fields } }), 201);
}

export function getBucket(client: Client, bucket: string): Promise<Bucket> {
  return answered(call(client, 'GET', bucketPath(bucket)));
}

export function put(
  client: Client,
  bucket: string,
  key: string,
  body: BodyInit = 'content',
  headers: Record<string, string> = {},
): Promise<Response> {
  return call(client, 'PUT', objectPath(bucket, key), { body, headers });
}

/** PUTs an object and expects it to be new, or with status 200 to replace one. */
export function stored(
  client: Client,
  bucket: string,
  key: string,
  body?: BodyInit,
  headers?: Record<string, string>,
  status = 201,
): Promise<StoredObject> {
  return answered(put(client, bucket, key, body, headers), status);
}

export function get(
  client: { url: string; key?: string },
  bucket: string,
  key: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return call(client, 'GET', objectPath(bucket, key), { headers });
}

export function head(
  client: { url: string; key?: string },
  bucket: string,
  key: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return call(client, 'HEAD', objectPath(bucket, key), { headers });
}

export function remove(
  client: Client,
  bucket: string,
  key: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return call(client, 'DELETE', objectPath(bucket, key), { headers });
}

export function list(
  client: Client,
  bucket: string,
  query: Record<string, string> = {},
): Promise<ObjectPage> {
  return answered(call(client, 'GET', `${bucketPath(bucket)}/objects?${new URLSearchParams(query)}`));
}

/** The keys of all pages. */
export async function allKeys(client: Client, bucket: string, limit = 1000): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: ObjectPage = await list(client, bucket, { limit: String(limit), ...(cursor && { cursor }) });
    keys.push(...page.data.map(({ key }) => key));
    cursor = page.nextCursor;
  }
  return keys;
}

/** Expects an object with exactly these bytes. */
export async function expectBytes(
  client: { url: string; key?: string },
  bucket: string,
  key: string,
  bytes: string | Uint8Array,
): Promise<void> {
  const response = await get(client, bucket, key);
  const read = Buffer.from(await response.bytes());
  expect({ status: response.status, size: read.length }).toEqual({
    status: 200,
    size: Buffer.byteLength(bytes),
  });
  expect(read.equals(Buffer.from(bytes))).toBe(true);
}

/** Bytes without repetition. */
export function pattern(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
