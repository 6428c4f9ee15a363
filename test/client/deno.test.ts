import { expect, test } from 'bun:test';
import { startFileServer } from '../api/file-server.ts';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';

await suiteWith(['deno'], 'the client on Deno', ({ deno }) => {
  test('makes a round trip with only the permission to use the network', async () => {
    const server = await startFileServer();
    const command = [
      deno,
      'run',
      '--quiet',
      '--no-prompt',
      '--allow-net=127.0.0.1',
      'test/client/on-deno.ts',
      server.url,
    ];
    const child = Bun.spawn(command, { cwd: checkout, stdout: 'pipe', stderr: 'pipe' });
    const [out, errors] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect(errors).toBe('');
    expect(JSON.parse(out)).toEqual({
      small: { name: 'ü.txt', counted: true, content: 'text', readsLeft: 1 },
      sent: true,
      parts: true,
      streamed: true,
      mediaType: 'application/vnd.mayfly.sealed',
      metadata: { name: 'secret.bin', type: 'application/x-secret' },
      sealed: true,
      failure: 'disk',
      away: true,
      aborted: 'TimeoutError',
    });
    await server.stop();
  });
});
