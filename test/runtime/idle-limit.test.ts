import { expect, test } from 'bun:test';
import { listen } from '../../src/runtime/bun.ts';
import type { Server } from '../../src/server/index.ts';
import { beginBody } from '../support/piecewise-request.ts';
import { waitFor } from '../support/wait-for.ts';

test('the idle limit of Bun is off while the core waits for a body, and applies again to the response', async () => {
  const answered = Promise.withResolvers<void>();
  const server: Server = {
    handle: async (request, _, limit) => {
      const isWatched = request.url.endsWith('/watched');
      if (isWatched) limit?.suspendIdleLimit(request);
      await Promise.race([answered.promise, request.arrayBuffer().catch(() => undefined)]);
      if (isWatched) limit?.resumeIdleLimit(request);
      return new Response('done');
    },
    basePath: '',
    announceStop: () => undefined,
  };
  const options = { host: '127.0.0.1', port: 0, maxBodySize: 1000, idleTimeout: 2 };
  const listener = await listen(server, options);
  const isPlainClosed = beginBody(listener.port, '/plain');
  const isWatchedClosed = beginBody(listener.port, '/watched');
  await waitFor('the connection without a body to be closed', isPlainClosed);
  expect(isWatchedClosed()).toBe(false);
  answered.resolve();
  await waitFor('the other to be closed after its answer', isWatchedClosed);
  await listener.stop();
});
