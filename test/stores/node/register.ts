// Loaded before a test file on Node: `bun:test` is the module beside this one.
import { registerHooks } from 'node:module';
import { prepareRuntime } from '../../../src/runtime/preparation.ts';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'bun:test'
      ? { url: new URL('./bun-test.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});

await prepareRuntime();
// Stores wait with timers and threads that keep no process alive; a test keeps it alive.
setInterval(() => undefined, 60_000);
