import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRequest, makeText } from '../payloads.ts';
import type { Benchmark } from '../run.ts';
import { compareRequests } from './requests.ts';

/** Writes of small payloads. Mayfly syncs them to disk before it responds, the floor does not. */
export const post: Benchmark = (run) => {
  const { contentSize, connections } = run.scale;
  return compareRequests(run, {
    work: 'POST',
    targets: { inProcess: { bound: 'at least', value: 1, unit: '×' } },
    prepare: async (_server, folder) => {
      const file = join(folder, 'body.json');
      writeFileSync(file, makeRequest(makeText(contentSize)));
      return { script: 'post.lua', files: [file], connections };
    },
  });
};
