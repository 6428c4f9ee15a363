import { join } from 'node:path';
import { makeScratchFolder } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { accepts, freePort, untilReady } from './ports.ts';
import { startProcess } from './processes.ts';

/** Starts a new Redis without persistence. @returns its URL */
export async function startRedis(lifetime: Lifetime): Promise<string> {
  const folder = makeScratchFolder(lifetime);
  const port = await freePort();
  const address = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
  const command = ['redis-server', ...address, '--save', '', '--appendonly', 'no'];
  const running = startProcess(lifetime, command, join(folder, 'output.log'));
  await untilReady('redis-server', running, () => accepts(port));
  return `redis://127.0.0.1:${port}`;
}
