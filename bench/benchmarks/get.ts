import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { payloadPath, seedPayloads } from '../payloads.ts';
import type { Benchmark } from '../run.ts';
import { compareRequests } from './requests.ts';

/** Reads of small payloads, spread over many ids. */
export const get: Benchmark = (run) => {
  const { ids, contentSize, connections } = run.scale;
  return compareRequests(run, {
    work: 'GET',
    targets: {
      inProcess: { bound: 'at least', value: 0.8, unit: '×' },
      redis: { bound: 'at least', value: 0.5, unit: '×' },
    },
    prepare: async (server, folder) => {
      const file = join(folder, 'paths');
      const seeded = await seedPayloads(server, ids, contentSize);
      writeFileSync(file, seeded.map(payloadPath).join('\n'));
      return { script: 'get.lua', files: [file], connections };
    },
  });
};
