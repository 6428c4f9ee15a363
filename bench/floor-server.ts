/**
 * The baseline that Mayfly is compared with: a minimal server. It has one prepared statement per operation, a commit per
 * request, `synchronous=NORMAL`, no index on the expiry, no limits and no validation, so it is neither safe nor durable.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

type Row = { content: string; mime_type: string; expires_at: number };
type Body = { content: string; mime_type: string; expiry_time?: string };

const port = Number(process.env.PORT);
const folder = process.env.DATA_DIR ?? '.';
const origin = `http://127.0.0.1:${port}`;
const week = 7 * 86_400_000;
const writeBuffer = 1024 ** 2;

const database = new Database(join(folder, 'floor.sqlite'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');
database.exec(`CREATE TABLE IF NOT EXISTS payload (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mime_type TEXT NOT NULL, content, blob_key TEXT,
  size INTEGER NOT NULL, is_text INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  reads_left INTEGER, delete_token_hash BLOB, name TEXT)`);
const insert = database.prepare<[string, string, string, number, number, number]>(
  `INSERT INTO payload (id, mime_type, content, size, is_text, created_at, expires_at)
   VALUES (?, ?, ?, ?, 1, ?, ?)`,
);
const find = database.prepare<[string], Row>(
  'SELECT content, mime_type, expires_at FROM payload WHERE id = ?',
);

async function create(request: Request): Promise<Response> {
  const body = (await request.json()) as Body;
  const now = Date.now();
  const expiresAt = body.expiry_time === undefined ? now + week : Date.parse(body.expiry_time);
  const id = randomUUID().replaceAll('-', '');
  insert.run(id, body.mime_type, body.content, Buffer.byteLength(body.content), now, expiresAt);
  const answer = { hash_id: id, expiry_time: new Date(expiresAt).toISOString(), url: `${origin}/p/${id}` };
  return Response.json(answer, { status: 201 });
}

function read(id: string): Response {
  const row = find.get(id);
  if (row === undefined || row.expires_at <= Date.now())
    return Response.json({ error: 'Payload not found' }, { status: 404 });
  return Response.json({
    content: row.content,
    mime_type: row.mime_type,
    expiry_time: new Date(row.expires_at).toISOString(),
  });
}

/** Streams a body to a file. `synced` adds the fsync that a durable server needs, for comparison. */
async function store(request: Request, name: string, synced: boolean): Promise<Response> {
  const path = join(folder, name);
  const writer = Bun.file(path).writer({ highWaterMark: writeBuffer });
  for await (const chunk of request.body ?? []) await writer.write(chunk);
  await writer.end();
  if (synced) {
    const file = openSync(path, 'r');
    fdatasyncSync(file);
    closeSync(file);
  }
  return new Response(`${origin}/${name}\n`, { status: 201 });
}

Bun.serve({
  hostname: '127.0.0.1',
  port,
  reusePort: false,
  idleTimeout: 255,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  routes: {
    '/readyz': new Response('ready\n'),
    '/api/v1/payloads': { POST: create },
    '/api/v1/payloads/:id': { GET: (request) => read(request.params.id) },
    '/:name': {
      PUT: (request) => store(request, request.params.name, false),
      GET: (request) => new Response(Bun.file(join(folder, request.params.name)).stream()),
    },
    '/synced/:name': { PUT: (request) => store(request, request.params.name, true) },
  },
});
