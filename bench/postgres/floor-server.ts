/**
 * The baseline for creates on PostgreSQL: a bare `Bun.serve` and `pg`, with Mayfly's insert and its batches, and as
 * durable. It has no router, limits, validation, log or metrics.
 */
import pg from 'pg';
import { newPayloadId } from '../../src/core/payloads/payload-id.ts';
import { Batcher } from '../../src/stores/postgres/database/batcher.ts';
import { nextShard } from '../../src/stores/postgres/database/books.ts';
import { type Create, insertIntoRing, rowValues } from '../../src/stores/postgres/payloads/creates.ts';

type Body = { content: string; mime_type: string; expiry_time: string };

const port = Number(process.env.PORT);
const origin = `http://127.0.0.1:${port}`;
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL ?? '', max: 8 });

const inserts = new Batcher<Create, undefined>({
  maxItems: 256,
  flush: async (items) => {
    await pool.query({ ...insertIntoRing, values: [...rowValues(items), nextShard()] });
    return items.map(() => undefined);
  },
});

async function create(request: Request): Promise<Response> {
  const { content, mime_type: mediaType, expiry_time } = (await request.json()) as Body;
  const data = Buffer.from(content);
  const times = { createdAt: Date.now(), expiresAt: Date.parse(expiry_time) };
  const id = newPayloadId(times);
  const payload = {
    id,
    ...times,
    mediaType,
    content: { kind: 'inline' as const, data: content },
    size: data.length,
    isText: true,
    readsLeft: null,
    deleteTokenHash: null,
    name: null,
    accountId: null,
  };
  await inserts.add({ payload, data });
  return Response.json({ hash_id: id, expiry_time, url: `${origin}/p/${id}` }, { status: 201 });
}

Bun.serve({
  hostname: '127.0.0.1',
  port,
  reusePort: false,
  routes: { '/readyz': new Response('ready\n'), '/api/v1/payloads': { POST: create } },
});
