import type { Listen } from './listener.ts';

export type { Listener } from './listener.ts';

/** Loads the listener of the current runtime. All differences between the runtimes are behind it. */
export async function runtimeListen(): Promise<Listen> {
  if ('Deno' in globalThis) return (await import('./deno.ts')).listen;
  if ('Bun' in globalThis) return (await import('./bun.ts')).listen;
  return (await import('./node.ts')).listen;
}

/** Why several processes cannot serve on one port here; undefined if they can. */
export function reasonAgainstWorkers(): string | undefined {
  // It could share a port, but is not allowed to start processes (deno.json).
  if ('Deno' in globalThis) return 'Deno does not start workers: use Bun';
  // Other systems let several processes listen, but give all connections to one of them.
  return process.platform === 'linux' ? undefined : 'only Linux divides connections among processes';
}
