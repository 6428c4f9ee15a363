import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFileServer } from '../api/file-server.ts';
import { bytesOf } from '../faults/content.ts';
import { put, readRaw } from '../faults/requests.ts';
import { compiledProgram } from '../support/compiled-program.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { beginBody } from '../support/piecewise-request.ts';
import { startProcess } from '../support/running-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(120_000);

/** Runs code on Node, beside the compiled program. */
async function runOn(node: string, code: string, args: string[] = []) {
  const folder = join(await compiledProgram(), '..');
  return startProcess(node, [...args, '--input-type=module', '--eval', code], { cwd: folder });
}

await suiteWith(['node'], 'Node', ({ node }) => {
  test('older than 22.15 is refused in one line, before anything else is loaded', async () => {
    const define = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'22.14.0'}})";
    const run = startProcess(node, ['--import', define, await compiledProgram(), 'serve']);
    expect(await run.exited).toBe(1);
    expect(run.output()).toBe('mayfly: Node 22.15 or later is needed, and this is 22.14.0\n');
  });

  test('lifts its idle limit while the core waits for a body, and restores it for the response', async () => {
    const run = await runOn(
      node,
      `
      const { listen } = await import('./runtime/node.js');
      const answered = Promise.withResolvers();
      process.on('SIGUSR2', answered.resolve);
      const handle = async (request, _, limit) => {
        const isWatched = request.url.endsWith('/watched');
        if (isWatched) limit.suspendIdleLimit(request);
        await Promise.race([answered.promise, request.arrayBuffer().catch(() => undefined)]);
        if (isWatched) limit.resumeIdleLimit(request);
        return new Response('done');
      };
      const { port } = await listen({ handle, basePath: '' }, { host: '127.0.0.1', port: 0, idleTimeout: 2 });
      console.log('port ' + port);
      `,
    );
    await waitFor('the port', () => run.output().includes('port '));
    const port = Number(/port (\d+)/.exec(run.output())?.[1]);
    const isPlainClosed = beginBody(port, '/plain');
    const isWatchedClosed = beginBody(port, '/watched');
    await waitFor('the connection without a body to be closed', isPlainClosed);
    await sleep(100);
    expect(isWatchedClosed()).toBe(false);
    run.signal('SIGUSR2');
    await waitFor('the other to be closed after its answer', isWatchedClosed);
    await run.kill();
  });
});

await suiteWith(['node'], 'SIGTERM on Node, with a thread for checkpoints', () => {
  test('exits with 0', async () => {
    const server = await startMayfly({ runtime: 'node', env: { SWEEP_CRON: '* * * * * *' } });
    await fetch(server.url, { method: 'POST', body: 'small' });
    const folder = `/proc/${server.pid}/fd`;
    const connections = () =>
      readdirSync(folder).filter((name) => readlinkSync(join(folder, name)).endsWith('/mayfly.db'));
    // That of the thread comes with the first sweep.
    await waitFor('the thread', () => connections().length >= 2, { timeoutMs: 60_000 });
    // Idle, so that only the thread is waited for.
    await sleep(1500);
    expect(await server.stop()).toBe(0);
    expect(server.logs()).toContain('"msg":"stopped"');
  });
});

await suiteWith(['newest-node'], 'the newest Node', () => {
  test('stores, reads and stops', async () => {
    const server = await startFileServer({ runtime: 'newest-node' });
    const content = bytesOf('newest', 3_000_000);
    const id = await put(server.url, content);
    expect((await readRaw(server.url, id)).equals(content)).toBe(true);
    expect(await server.stop()).toBe(0);
  });
});

await suiteWith(['node', 'postgres', 'versitygw', 'redis-server'], 'workers on Node', () => {
  test('share a port, and end with their server', async () => {
    const server = await startFileServer({ runtime: 'node', withPostgres: true, env: { WORKERS: '2' } });
    const hasTwo = async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return /^mayfly_workers 2$/m.test(metrics);
    };
    await waitFor('two workers', hasTwo, { timeoutMs: 60_000 });
    const content = bytesOf('workers', 100_000);
    const ids = await Promise.all(Array.from({ length: 10 }, () => put(server.url, content)));
    for (const id of ids) expect((await readRaw(server.url, id)).equals(content)).toBe(true);
    expect(await server.stop()).toBe(0);
  });
});
