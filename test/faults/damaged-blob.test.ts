import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf } from './content.ts';
import { put, statusOf } from './requests.ts';

setDefaultTimeout(60_000);

const runtimes: Runtime[] = ['bun', 'deno'];

test.each(runtimes)(
  'a truncated blob is not served as complete, and the log names it, on %s',
  async (runtime) => {
    const mayfly = await startMayfly({ runtime, env: { LOG_LEVEL: 'error' } });
    const id = await put(mayfly.url, bytesOf('damaged', 200_000));
    const [blob = ''] = readdirSync(join(mayfly.dataDir, 'blobs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    truncateSync(blob, 100);
    for (const headers of [{}, { range: 'bytes=0-9' }] as Record<string, string>[])
      expect(await statusOf(`${mayfly.url}/raw/${id}`, { headers })).toBe(500);
    await waitFor('the log', () => /has 100 bytes instead of 200000: run `mayfly check`/.test(mayfly.logs()));
    await mayfly.stop();
  },
);
