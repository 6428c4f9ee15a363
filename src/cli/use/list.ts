import { createClient } from '../../client/index.ts';
import { exitCodes } from '../shared/command-failure.ts';
import { table } from '../shared/table.ts';
import { formatBytes } from './progress.ts';
import { jsonLine } from './put/put.ts';
import { type Environment, readSettings } from './settings.ts';
import { readPayloads } from './state.ts';
import { printable, write } from './terminal.ts';

export type ListOptions = { url?: string; json?: boolean; buckets?: boolean };

/** `ls`: payloads put from here. `ls bucket[:prefix]`: objects. `ls --buckets`: the account's buckets. */
export async function list(
  environment: Environment,
  target: string | undefined,
  { json = false, buckets = false, ...options }: ListOptions,
  signal: AbortSignal,
): Promise<number> {
  if (buckets) await listBuckets(environment, json, options, signal);
  else if (target === undefined) await listPayloads(environment, json);
  else await listObjects(environment, target, json, options, signal);
  return exitCodes.done;
}

async function listPayloads(environment: Environment, json: boolean): Promise<void> {
  const payloads = await readPayloads(environment);
  if (json) return print(payloads.map(jsonLine));
  const rows = payloads.map(({ url, name, size, expiresAt, maxReads }) => [
    expiresAt.replace(/\.\d+Z$/, 'Z'),
    size === null ? null : formatBytes(size),
    maxReads,
    name === null ? null : printable(name),
    url,
  ]);
  await print(asTable(['EXPIRES', 'SIZE', 'READS', 'NAME', 'URL'], rows));
}

async function listObjects(
  environment: Environment,
  target: string,
  json: boolean,
  options: { url?: string },
  signal: AbortSignal,
): Promise<void> {
  const { objects } = createClient(await readSettings(environment, options));
  const [, bucket = '', prefix] = /^([^:]*)(?::(.*))?$/s.exec(target) ?? [];
  const rows: (string | null)[][] = [];
  let cursor: string | undefined;
  do {
    const page = await objects.list(bucket, { prefix: prefix || undefined, cursor, limit: 1000, signal });
    if (json) await print(page.data.map((object) => JSON.stringify(object)));
    for (const { key, size, updatedAt, expiresAt } of page.data)
      rows.push([updatedAt.replace(/\.\d+Z$/, 'Z'), formatBytes(size), expiresAt, printable(key)]);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  if (!json) await print(asTable(['CHANGED', 'SIZE', 'EXPIRES', 'KEY'], rows));
}

async function listBuckets(
  environment: Environment,
  json: boolean,
  options: { url?: string },
  signal: AbortSignal,
): Promise<void> {
  const { buckets } = createClient(await readSettings(environment, options));
  const rows: (string | number)[][] = [];
  let cursor: string | undefined;
  do {
    const page = await buckets.list({ cursor, limit: 1000, signal });
    if (json) await print(page.data.map((bucket) => JSON.stringify(bucket)));
    for (const { name, objectCount, sizeBytes, public: isPublic } of page.data)
      rows.push([name, objectCount, formatBytes(sizeBytes), isPublic ? 'public' : 'private']);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  if (!json) await print(asTable(['BUCKET', 'OBJECTS', 'SIZE', 'ACCESS'], rows));
}

/** Without rows it prints nothing, not even the header. */
function asTable(head: string[], rows: (string | number | null)[][]): string[] {
  return rows.length === 0 ? [] : [table(head, rows)];
}

async function print(lines: string[]): Promise<void> {
  if (lines.length > 0) await write(process.stdout, `${lines.join('\n')}\n`);
}
