import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partPath } from './parts.ts';
import { accepts, freePort } from './ports.ts';
import { startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

/** PgBouncer refuses to run as root. This user exists everywhere. */
const nobody = 65_534;

/** A real PgBouncer in transaction mode in front of the server of a database. */
export async function startPgbouncer(
  databaseUrl: string,
): Promise<{ url: string; stop(): Promise<unknown> }> {
  const target = new URL(databaseUrl);
  const folder = temporaryDirectory('pgbouncer');
  const port = await freePort();
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(join(folder, 'users'), `"${target.username}" ""\n`);
  writeFileSync(
    settings,
    `[databases]
* = host=${target.hostname} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users
pool_mode = transaction
default_pool_size = 12
max_client_conn = 200
`,
  );
  const isRoot = process.getuid?.() === 0;
  for (const path of isRoot ? [folder, settings, join(folder, 'users')] : []) chownSync(path, nobody, nobody);
  const program = await partPath('pgbouncer');
  const args = isRoot
    ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', program, settings]
    : [settings];
  const pooler = startProcess(isRoot ? 'setpriv' : program, args, { cwd: folder });
  const url = `postgres://${target.username}@127.0.0.1:${port}${target.pathname}`;
  // Without a login, after which it would keep a connection that knows no later settings of the role.
  await waitFor(`pgbouncer on port ${port}`, () => {
    if (!pooler.isRunning()) throw new Error(pooler.output());
    return accepts(port);
  });
  return { url, stop: () => pooler.stop() };
}
