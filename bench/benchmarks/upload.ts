import { makeScratchFolder } from '../checkout.ts';
import { upload as uploadFile } from '../curl.ts';
import { settleDisk } from '../disk.ts';
import { type Finding, formatCount, formatSize, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark } from '../run.ts';
import { startFloor, startMayfly } from '../servers.ts';
import { makeSourceFile } from '../source-file.ts';

type Contender = { name: string; start: (lifetime: Lifetime) => Promise<string> };

const target: Target = { bound: 'at least', value: 0.8, unit: '×' };
const warmUpSize = 64 * 1024 ** 2;

const contenders: Contender[] = [
  { name: 'floor', start: async (lifetime) => (await startFloor(lifetime)).url },
  { name: 'floor with fdatasync', start: async (lifetime) => `${(await startFloor(lifetime)).url}/synced` },
  {
    name: 'Mayfly',
    start: async (lifetime) => (await startMayfly(lifetime, 'Mayfly', { MAX_ANONYMOUS_SIZE: '2GiB' })).url,
  },
];

/**
 * The rate of one large upload to disk, compared with a bare loop that streams to a file. The loop does not sync, while
 * Mayfly responds only after the sync. A second line shows the rate of the loop with a sync.
 */
export const upload: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const { largeUpload, uploadRounds } = run.scale;
    const folder = makeScratchFolder(lifetime);
    const large = makeSourceFile(folder, 'large', largeUpload);
    const warmUp = makeSourceFile(folder, 'warm-up', warmUpSize);
    // A new server for each upload, whose files are removed before the next. Otherwise each round would also measure
    // how slowly a virtual machine gets memory that it never used before.
    const measure = ({ name, start }: Contender) =>
      lifetime.during(async (inner) => {
        const address = await start(inner);
        await uploadFile(inner, warmUp, `${address}/warm-up`);
        await settleDisk(inner);
        const seconds = await uploadFile(inner, large, `${address}/large`);
        run.say(`upload, ${name}: ${seconds.toFixed(2)} s`);
        return seconds;
      });
    for (const contender of contenders) await measure(contender);
    const [bare = [], synced = [], own = []] = await alternate(contenders, uploadRounds, measure);
    const work = `upload of ${formatSize(largeUpload)} to disk`;
    return [
      compare(`${work}, against a bare loop`, largeUpload, own, bare, target),
      compare(`${work}, against that loop with fdatasync`, largeUpload, own, synced),
    ];
  });

function compare(work: string, size: number, own: number[], floor: number[], goal?: Target): Finding {
  const rate = (seconds: number) => `${formatCount(size / 1024 ** 2 / seconds)} MiB/s`;
  return {
    work,
    measured: `${rate(median(own))}; floor ${rate(median(floor))}`,
    value: median(floor) / median(own),
    ...(goal && { target: goal }),
    samples: { mayflySeconds: own, floorSeconds: floor },
  };
}
