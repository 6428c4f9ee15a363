import type { Listen } from './listener.ts';

export type { Listener } from './listener.ts';

/** Everything that differs between the runtimes is behind this. */
export async function runtimeListen(): Promise<Listen> {
  const { listen } = 'Deno' in globalThis ? await import('./deno.ts') : await import('./bun.ts');
  return listen;
}
