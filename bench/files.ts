import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { ulid } from 'ulid';
import { call } from './api-call.ts';
import { checkout } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { ModelRows } from './model-rows.ts';
import { findDatabase } from './payload-table.ts';
import { runProcess } from './processes.ts';
import { bun, mayflyEntry, mayflySettings, type Server } from './servers.ts';

const outOfReach = '1000000000';
const commandSeconds = 30;

/** Settings without limits for a token. */
export const unlimited = { KEY_RATE_LIMIT: outOfReach, PRESIGN_RATE_LIMIT: outOfReach };

/** Removes the limits of the guest plan in the database of a data folder, which `project` creates if it is missing. */
export async function liftGuestLimits(
  lifetime: Lifetime,
  dataFolder: string,
  project = checkout,
): Promise<void> {
  const none = ['--storage', 'none', '--max-files', 'none'];
  const command = [bun, mayflyEntry(project), 'plans', 'set', 'guest', ...none];
  await runProcess(lifetime, command, commandSeconds, mayflySettings(dataFolder));
}

/** @returns the token of a new guest */
export async function createGuest({ url }: Server): Promise<string> {
  return (await call<{ token: string }>(`${url}/api/v1/auth/guest`, 'POST')).token;
}

/** Uploads a file as a client does, and reads it back. @throws if the content differs */
export async function proveFlow(server: Server, token: string, content: string): Promise<void> {
  const type = { 'content-type': 'text/plain' };
  const { upload_id, presigned_url } = await call<{ upload_id: string; presigned_url: string }>(
    `${server.url}/api/v1/upload/presign`,
    'POST',
    token,
    { filename: 'a.txt', content_type: 'text/plain', size_bytes: Buffer.byteLength(content) },
  );
  await fetch(presigned_url, { method: 'PUT', headers: type, body: content });
  const { file } = await call<{ file: { public_url: string } }>(
    `${server.url}/api/v1/upload/confirm`,
    'POST',
    token,
    { upload_id },
  );
  const read = await (await fetch(file.public_url)).text();
  if (read !== content) throw new Error(`${server.name} returned another file than was uploaded`);
}

/** Fills an account with copies of its first file that differ only in their ids. */
export function fillFiles(dataFolder: string, count: number): void {
  const database = new Database(findDatabase(dataFolder));
  const rows = new ModelRows(database, 'objects');
  database.transaction(() => {
    for (let row = 1; row < count; row++) {
      const publicId = randomBytes(16).toString('hex');
      rows.insert({ id: ulid(), public_id: publicId, key: `${publicId}/a.txt`, etag: publicId });
    }
  })();
  database.close();
}
