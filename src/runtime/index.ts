import type { Listen } from './listener.ts';

export type { Listener } from './listener.ts';

/** Loads the listener of the current runtime. All differences between the runtimes are behind it. */
export async function runtimeListen(): Promise<Listen> {
  const { listen } = 'Deno' in globalThis ? await import('./deno.ts') : await import('./bun.ts');
  return listen;
}
