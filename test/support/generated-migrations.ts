import { expect } from 'bun:test';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './parts.ts';
import { startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Runs `drizzle-kit generate` on a copy of the schema and the migrations, after `change` of the payloads' schema. */
export async function generateMigrations(
  database: 'sqlite' | 'postgres',
  change: (schema: string) => string = (text) => text,
): Promise<{ output: string; before: string[]; after: string[] }> {
  const folder = temporaryDirectory('generate');
  const config = `drizzle.${database}.config.ts`;
  const schema = `src/stores/${database}/schema`;
  for (const path of ['migrations', config, schema])
    cpSync(join(checkout, path), join(folder, path), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, schema, 'payloads.ts');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  const files = () =>
    readdirSync(join(folder, 'migrations', database), { recursive: true, encoding: 'utf8' }).toSorted();
  const before = files();
  const program = join(checkout, 'node_modules/drizzle-kit/bin.cjs');
  const generating = startProcess(process.execPath, [program, 'generate', `--config=${config}`], {
    cwd: folder,
    env: { ...process.env },
  });
  const code = await generating.exited;
  expect([code, generating.output()]).toEqual([0, expect.any(String)]);
  return { output: generating.output(), before, after: files() };
}
