import { chmodSync, cpSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { partPath } from './parts.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A separate real PostgreSQL server of the newest version. */
export async function startNewestPostgres(): Promise<PostgresServer> {
  const native = await partPath('newest-postgres');
  // A copy, which the server's user can read wherever the checkout is.
  const folder = temporaryDirectory('newest-postgres');
  chmodSync(folder, 0o755);
  cpSync(native, join(folder, 'native'), { recursive: true });
  // An npm package has no symbolic links. They are in this file.
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links)
    symlinkSync(relative(dirname(target), source), join(folder, target));
  return startPostgres({ programs: join(folder, 'native', 'bin') });
}
