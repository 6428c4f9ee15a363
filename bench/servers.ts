import { join } from 'node:path';
import { checkout, makeScratchFolder } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { freePort, untilReady } from './ports.ts';
import { type Environment, type Running, startProcess } from './processes.ts';

export type Server = Running & { name: string; url: string };

/** The servers run on the same Bun as the benchmark. */
export const bun = process.execPath;

/** The program of a checkout; by default of this one. */
export function mayflyEntry(project = checkout): string {
  return join(project, 'src', 'main.ts');
}

const outOfReach = '1000000000';

/** The settings of Mayfly for every benchmark: the defaults, with a rate limit that is never reached. */
export function mayflySettings(dataFolder: string, more: Environment = {}): Environment {
  return { DATA_DIR: dataFolder, HOST: '127.0.0.1', RATE_LIMIT: outOfReach, ...more };
}

/** A schedule that never sweeps during a run. */
export function farFromNow(): string {
  const halfYear = ((new Date().getUTCMonth() + 6) % 12) + 1;
  return `0 0 0 1 ${halfYear} *`;
}

export async function startFloor(lifetime: Lifetime): Promise<Server> {
  const folder = makeScratchFolder(lifetime);
  return startServer(lifetime, 'floor', [bun, 'bench/floor-server.ts'], folder, { DATA_DIR: folder });
}

/** Starts the bare server on a database whose schema Mayfly has created. */
export async function startPostgresFloor(lifetime: Lifetime, databaseUrl: string): Promise<Server> {
  const command = [bun, 'bench/postgres/floor-server.ts'];
  return startServer(lifetime, 'bare server', command, makeScratchFolder(lifetime), {
    DATABASE_URL: databaseUrl,
  });
}

/** Starts Mayfly on a new or given data folder, from this checkout or another `project`. */
export async function startMayfly(
  lifetime: Lifetime,
  name: string,
  more: Environment = {},
  dataFolder = makeScratchFolder(lifetime),
  project = checkout,
): Promise<Server> {
  const logFolder = makeScratchFolder(lifetime);
  const settings = mayflySettings(dataFolder, more);
  return startServer(lifetime, name, [bun, mayflyEntry(project), 'serve'], logFolder, settings);
}

async function startServer(
  lifetime: Lifetime,
  name: string,
  command: string[],
  logFolder: string,
  environment: Environment,
): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = { ...environment, PORT: String(port) };
  const running = startProcess(lifetime, command, join(logFolder, 'output.log'), settings);
  await untilReady(name, running, async () => (await fetch(`${url}/readyz`)).ok);
  return { ...running, name, url };
}
