import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { ulid } from 'ulid';
import type { Lifetime } from './lifetime.ts';
import { findDatabase } from './payload-table.ts';
import { runProcess } from './processes.ts';
import { bun, mayflyEntry, mayflySettings, type Server } from './servers.ts';

type Row = Record<string, unknown>;

const outOfReach = '1000000000';
const commandSeconds = 30;

/** Settings under which one token may do as much as it can. */
export const unlimited = { KEY_RATE_LIMIT: outOfReach, PRESIGN_RATE_LIMIT: outOfReach };

/** Takes the limits off the plan of guests, in the database of a data folder. */
export async function liftGuestLimits(lifetime: Lifetime, dataFolder: string): Promise<void> {
  const none = ['--storage', 'none', '--max-files', 'none'];
  const command = [bun, mayflyEntry, 'plans', 'set', 'guest', ...none];
  await runProcess(lifetime, command, commandSeconds, mayflySettings(dataFolder));
}

/** @returns The token of a new guest. */
export async function createGuest({ url }: Server): Promise<string> {
  return (await call<{ token: string }>(`${url}/api/v1/auth/guest`, 'POST')).token;
}

/** Uploads a file as a client does, and reads it back. @throws When it does not come back as it went in. */
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
  if (read !== content) throw new Error(`${server.name} gave back another file than it was given`);
}

/** Calls an API with a JSON body and answer. @throws Where it is not answered with 2xx */
export async function call<Answer>(
  url: string,
  method: string,
  token?: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Fills up an account with files, each like the one that is there but for its ids. */
export function fillFiles(dataFolder: string, count: number): void {
  const database = new Database(findDatabase(dataFolder));
  const model = database.prepare<[], Row>('SELECT * FROM objects').get();
  if (model === undefined) throw new Error('there is no file to model the others on');
  const { n, ...columns } = model;
  const names = Object.keys(columns);
  const insert = database.prepare<[Row]>(
    `INSERT INTO objects (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
  );
  database.transaction(() => {
    for (let row = 1; row < count; row++) {
      const publicId = randomBytes(16).toString('hex');
      insert.run({ ...columns, id: ulid(), public_id: publicId, key: `${publicId}/a.txt`, etag: publicId });
    }
  })();
  database.close();
}
