import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call } from '../api-call.ts';
import { makeScratchFolder } from '../checkout.ts';
import { createGuest, fillFiles, liftGuestLimits, proveFlow, unlimited } from '../files.ts';
import { formatCount } from '../finding.ts';
import { makeText } from '../payloads.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark } from '../run.ts';
import { startMayfly } from '../servers.ts';
import { type Load, putLoad } from '../wrk.ts';

type Page = { files: unknown[]; cursor: string | null };

const pageSize = 100;

/** The first page of a long list of files, compared with its last: the cost must not depend on the position. */
export const listing: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const { scale, say } = run;
    const folder = makeScratchFolder(lifetime);
    const dataFolder = makeScratchFolder(lifetime);
    await liftGuestLimits(lifetime, dataFolder);
    const mayfly = await startMayfly(lifetime, 'Mayfly', unlimited, dataFolder);
    const token = await createGuest(mayfly);
    await proveFlow(mayfly, token, makeText(16));
    fillFiles(dataFolder, scale.listedFiles);
    const first = `/api/v1/files?limit=${pageSize}`;
    let last = first;
    let listed = 0;
    for (let page = await list(last); ; page = await list(last)) {
      listed += page.files.length;
      if (page.cursor === null) break;
      last = `${first}&cursor=${page.cursor}`;
    }
    if (listed !== scale.listedFiles) throw new Error(`${listed} files are listed of ${scale.listedFiles}`);
    const loads = [first, last].map((path, index): Load => {
      const files = [join(folder, `path-${index}`), join(folder, 'token')];
      writeFileSync(files[0] as string, path);
      writeFileSync(files[1] as string, token);
      return { script: 'get.lua', files, connections: 1 };
    });
    const [firsts = [], lasts = []] = await alternate(loads, scale.rounds, async (load) => {
      const sample = await putLoad(lifetime, mayfly, load, scale.roundSeconds);
      say(`listing: ${formatCount(sample.requestsPerSecond)}/s`);
      return sample;
    });
    const timeOf = (samples: typeof firsts) =>
      1e6 / median(samples.map(({ requestsPerSecond }) => requestsPerSecond));
    return [
      {
        work: `list of ${formatCount(scale.listedFiles)} files: page ${formatCount(scale.listedFiles / pageSize)} against page 1`,
        measured: `${formatCount(timeOf(lasts))} µs; ${formatCount(timeOf(firsts))} µs`,
        value: timeOf(lasts) / timeOf(firsts),
        target: { bound: 'at most', value: 1.5, unit: '×' },
        samples: { first: firsts, last: lasts },
      },
    ];

    function list(path: string): Promise<Page> {
      return call<Page>(`${mayfly.url}${path}`, 'GET', token);
    }
  });
