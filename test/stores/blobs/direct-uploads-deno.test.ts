import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { checkout, partPath } from '../../support/parts.ts';
import { startProcess } from '../../support/running-process.ts';
import { sharedS3 } from '../../support/s3.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';

await suiteWith(['versitygw', 'deno'], 'uploads straight to S3, on Deno', () => {
  test('are signed, accepted, written, copied and completed as on Bun', async () => {
    const { env } = await sharedS3();
    const script = join(checkout, 'test', 'stores', 'blobs', 'direct-uploads-on-deno.ts');
    const inherited = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DENO_NO_UPDATE_CHECK: '1',
      NO_COLOR: '1',
    };
    const run = startProcess(await partPath('deno'), ['run', '-A', script], {
      cwd: checkout,
      env: { ...inherited, ...env },
    });
    await waitFor('the script to end', () => !run.isRunning(), { timeoutMs: 50_000 });
    await run.exited;
    expect(JSON.parse(run.output())).toEqual({
      right: 200,
      wrongType: 403,
      wrongLength: 403,
      size: 5,
      copied: true,
      copiedStale: false,
      part: 200,
      completed: 5,
      brokenOff: 'broken off',
      unknown: 'upload_not_found',
      written: 8 * 1024 * 1024,
      listed: 3,
    });
  });
});
