import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call } from './api-call.ts';
import { checkout, makeScratchFolder } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { makeText } from './payloads.ts';
import { runProcess } from './processes.ts';
import { bun, mayflyEntry, mayflySettings, type Server, startMayfly } from './servers.ts';

/** A server with the bucket API's key of an account that may hold as much as it likes. */
export type Storage = { server: Server; token: string; dataFolder: string };

const commandSeconds = 30;
const seedersAtOnce = 32;
const noLimits = { RATE_LIMIT: '0', KEY_RATE_LIMIT: '0' };

/** Starts Mayfly without rate limits, on a data folder of its own. @param project The checkout that it is started from. */
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

/** Starts another server on the data of one that has ended. */
export async function restartStorage(lifetime: Lifetime, ended: Storage): Promise<Storage> {
  return { ...ended, server: await serve(lifetime, ended.dataFolder) };
}

function serve(lifetime: Lifetime, dataFolder: string, project = checkout): Promise<Server> {
  return startMayfly(lifetime, 'Mayfly', noLimits, dataFolder, project);
}

export async function createBucket({ server, token }: Storage, name: string): Promise<void> {
  await call(`${server.url}/v1/buckets`, 'POST', token, { name });
}

/** How many objects the server says that a bucket holds. */
export async function countObjects({ server, token }: Storage, bucket: string): Promise<number> {
  const url = `${server.url}/v1/buckets/${bucket}`;
  return (await call<{ objectCount: number }>(url, 'GET', token)).objectCount;
}

/** The path of a list of a bucket. */
export function listPath(bucket: string, parameters: Record<string, string | number>): string {
  const entries = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]);
  return `/v1/buckets/${bucket}/objects?${new URLSearchParams(entries)}`;
}

export function objectPath(bucket: string, key: string): string {
  return `/v1/buckets/${bucket}/objects/${key}`;
}

/** Puts a new object of text. @throws Where it is not answered with 201 */
export async function putText({ server, token }: Storage, path: string, content: string): Promise<void> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: content,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`PUT ${path}: ${response.status} ${answer}`);
}

/** Puts an object and reads it back. @throws When it does not come back as it went in. */
export async function proveObject(storage: Storage, path: string, content: string): Promise<void> {
  await putText(storage, path, content);
  const headers = { authorization: `Bearer ${storage.token}` };
  const response = await fetch(`${storage.server.url}${path}`, { headers });
  if (response.status !== 200 || (await response.text()) !== content)
    throw new Error(`${storage.server.name} gave back another object than it was given`);
}

/** Puts objects of text under keys like the ids of payloads. @returns Their paths. */
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

/** 32 random hex digits, as the id of a payload. */
export function newKey(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

/** Writes what a script of wrk reads, each text in a file of its own. @returns Their paths. */
export function writeArguments(lifetime: Lifetime, ...texts: string[]): string[] {
  const folder = makeScratchFolder(lifetime);
  return texts.map((text, index) => {
    const path = join(folder, String(index));
    writeFileSync(path, text);
    return path;
  });
}
