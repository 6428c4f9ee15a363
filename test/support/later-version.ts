import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './parts.ts';
import { temporaryDirectory } from './temporary-directory.ts';

type Changes = {
  /** The SQL of further migrations of PostgreSQL, in order. */
  migrations: string[];
  /** Replacements in files of `src`. Each must occur. */
  edits?: { file: string; find: string; replacement: string }[];
};

/** Copies a version of the program with changes, as a later version. @returns Its folder */
export function laterVersion(program: string, { migrations, edits = [] }: Changes): string {
  const folder = temporaryDirectory('later-version');
  for (const path of ['src', 'migrations', 'test/support', 'package.json', 'tsconfig.json'])
    cpSync(join(program, path), join(folder, path), { recursive: true });
  for (const path of ['node_modules', 'build'])
    if (existsSync(join(checkout, path))) symlinkSync(join(checkout, path), join(folder, path));
  for (const { file, find, replacement } of edits) {
    const path = join(folder, 'src', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(find)) throw new Error(`${file} has no ${find}`);
    writeFileSync(path, text.replaceAll(find, replacement));
  }
  const journalPath = join(folder, 'migrations/postgres/meta/_journal.json');
  const journal = JSON.parse(readFileSync(journalPath, 'utf8')) as {
    entries: { idx: number; tag: string }[];
  };
  for (const sql of migrations) {
    const idx = journal.entries.length;
    const tag = `${String(idx).padStart(4, '0')}_made_up`;
    journal.entries.push({ idx, tag });
    writeFileSync(join(folder, `migrations/postgres/${tag}.sql`), sql);
  }
  writeFileSync(journalPath, JSON.stringify(journal));
  return folder;
}
