import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call } from './api-call.ts';
import { checkout, makeScratchFolder } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { makeText } from './payloads.ts';
import { runProcess } from './processes.ts';
import { bun, mayflyEntry, mayflySettings, type Server, startMayfly } from './servers.ts';

/** A server, and a storage key of an account without limits. */
export type Storage = { server: Server; token: string; dataFolder: string };

const commandSeconds = 30;
const seedersAtOnce = 32;
const noLimits = { RATE_LIMIT: '0', KEY_RATE_LIMIT: '0' };

/** Starts Mayfly without rate limits, on a new data folder. @param project The checkout to start it from. */
export async function startStorage(lifetime: Lifetime, project = checkout): Promise<Storage> {
  const dataFolder = makeScratchFolder(lifetime);
  const { stdout } = await runProcess(
    lifetime,
    [bun, mayflyEntry(project), 'keys', 'create', '--kind', 'storage', '--account', 'bench'],
    commandSeconds,
    mayflySettings(dataFolder),
  );
  return { server: await serve(lifetime, dataFolder, project), token: stdout.trim(), dataFolder };
}

/** Starts another server on the data of a stopped one. */
export async function restartStorage(lifetime: Lifetime, ended: Storage): Promise<Storage> {
  return { ...ended, server: await serve(lifetime, ended.dataFolder) };
}

function serve(lifetime: Lifetime, dataFolder: string, project = checkout): Promise<Server> {
  return startMayfly(lifetime, 'Mayfly', noLimits, dataFolder, project);
}

export async function createBucket({ server, token }: Storage, name: string): Promise<void> {
  await call(`${server.url}/v1/buckets`, 'POST', token, { name });
}

/** The number of objects of a bucket, as the server returns it. */
export async function countObjects({ server, token }: Storage, bucket: string): Promise<number> {
  const url = `${server.url}/v1/buckets/${bucket}`;
  return (await call<{ objectCount: number }>(url, 'GET', token)).objectCount;
}

/** The path for listing a bucket. */
export function listPath(bucket: string, parameters: Record<string, string | number>): string {
  const entries = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]);
  return `/v1/buckets/${bucket}/objects?${new URLSearchParams(entries)}`;
}

export function objectPath(bucket: string, key: string): string {
  return `/v1/buckets/${bucket}/objects/${key}`;
}

/** Puts a new object with text. @throws if the status is not 201 */
export async function putText({ server, token }: Storage, path: string, content: string): Promise<void> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: content,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`PUT ${path}: ${response.status} ${answer}`);
}

/** Puts an object and reads it back. @throws if the content differs */
export async function proveObject(storage: Storage, path: string, content: string): Promise<void> {
  await putText(storage, path, content);
  const headers = { authorization: `Bearer ${storage.token}` };
  const response = await fetch(`${storage.server.url}${path}`, { headers });
  if (response.status !== 200 || (await response.text()) !== content)
    throw new Error(`${storage.server.name} returned another object than was put`);
}

/** Puts objects with text under keys that look like hash ids. @returns their paths */
export async function seedObjects(
  storage: Storage,
  bucket: string,
  count: number,
  contentSize: number,
): Promise<string[]> {
  const paths: string[] = [];
  let left = count;
  const seed = async () => {
    while (left-- > 0) {
      const path = objectPath(bucket, newKey());
      await putText(storage, path, makeText(contentSize));
      paths.push(path);
    }
  };
  await Promise.all(Array.from({ length: seedersAtOnce }, seed));
  return paths;
}

/** 32 random hex digits, like a hash id. */
export function newKey(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

/** Writes each input of a wrk script to a file. @returns the paths */
export function writeArguments(lifetime: Lifetime, ...texts: string[]): string[] {
  const folder = makeScratchFolder(lifetime);
  return texts.map((text, index) => {
    const path = join(folder, String(index));
    writeFileSync(path, text);
    return path;
  });
}
