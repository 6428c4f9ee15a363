import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMayfly } from '../../support/mayfly-process.ts';
import { checkout } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { outOfReach, payloadContract } from './contract.ts';

const start = startedOnce(() => startMayfly({ runtime: 'deno', env: outOfReach, readyWithinMs: 60_000 }));

await payloadContract('payloads on Deno', start, ['deno']);

await suiteWith(['deno'], 'the server on Deno', () => {
  test.each(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/swagger-ui-bundle.js'])(
    'answers on %s',
    async (path) => {
      const response = await fetch((await start()).url + path);
      expect(response.status).toBe(200);
      expect((await response.bytes()).length).toBeGreaterThan(0);
    },
  );

  test('runs with only the permissions of deno task start', async () => {
    const { tasks } = JSON.parse(readFileSync(join(checkout, 'deno.json'), 'utf8'));
    const commandLine = readFileSync(`/proc/${(await start()).pid}/cmdline`, 'utf8').split('\0');
    expect(commandLine.slice(1, -1)).toEqual(tasks.start.command.split(' ').slice(1));
  });
});
