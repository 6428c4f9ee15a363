import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import { createGuest, liftGuestLimits, proveFlow, unlimited } from '../files.ts';
import { formatCount } from '../finding.ts';
import { makeRequest, makeText } from '../payloads.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark } from '../run.ts';
import { startFloor, startMayfly } from '../servers.ts';
import { type Load, putLoad } from '../wrk.ts';

/** The requests per file: presign, PUT, confirm. */
const requestsPerFile = 3;

/** Complete uploads of small files to PutPut, compared with POSTs of payloads to the floor. */
export const files: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const { scale, say } = run;
    const folder = makeScratchFolder(lifetime);
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const dataFolder = makeScratchFolder(lifetime);
    await liftGuestLimits(lifetime, dataFolder);
    const mayfly = await startMayfly(lifetime, 'Mayfly', unlimited, dataFolder);
    const token = await createGuest(mayfly);
    const content = makeText(scale.fileSize);
    await proveFlow(mayfly, token, content);
    const contenders: { server: typeof mayfly; load: Load }[] = [
      {
        server: await startFloor(lifetime),
        load: {
          script: 'post.lua',
          files: [write('body.json', makeRequest(makeText(scale.contentSize)))],
          connections: scale.connections,
        },
      },
      {
        server: mayfly,
        load: {
          script: 'file-flow.lua',
          files: [write('token', token), write('content', content)],
          connections: scale.fileConnections,
          threadEach: true,
        },
      },
    ];
    for (const { server, load } of contenders) await putLoad(lifetime, server, load, scale.warmUpSeconds);
    const [floor = [], flows = []] = await alternate(contenders, scale.rounds, async ({ server, load }) => {
      const sample = await putLoad(lifetime, server, load, scale.roundSeconds);
      say(`files, ${server.name}: ${formatCount(sample.requestsPerSecond)} requests/s`);
      return sample;
    });
    const rateOf = (samples: typeof floor) =>
      median(samples.map(({ requestsPerSecond }) => requestsPerSecond));
    const filesPerSecond = rateOf(flows) / requestsPerFile;
    return [
      {
        work: `files of ${scale.fileSize / 1024} KiB: presign, PUT and confirm, ${scale.fileConnections} at once`,
        measured: `${formatCount(filesPerSecond)} files/s; floor ${formatCount(rateOf(floor))} POSTs/s`,
        value: filesPerSecond / rateOf(floor),
        target: { bound: 'at least', value: 0.25, unit: '×' },
        samples: { mayfly: flows, floor },
      },
    ];
  });
