import { createBucket, objectPath, startStorage } from '../buckets.ts';
import { makeScratchFolder } from '../checkout.ts';
import { download, upload } from '../curl.ts';
import { settleDisk } from '../disk.ts';
import { type Finding, formatCount, formatSize, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { startFloor } from '../servers.ts';
import { makeSourceFile } from '../source-file.ts';

type Address = { putUrl: (name: string) => string; getUrl: (name: string) => string; token?: string };
type Contender = { name: string; start: (lifetime: Lifetime) => Promise<Address> };
/** Seconds per object. */
type Transfer = { put: number; get: number };

const bucket = 'bench';
const target: Target = { bound: 'at least', value: 0.8, unit: '×' };

const contenders: Contender[] = [
  { name: 'floor with fdatasync', start: (lifetime) => startFloorAt(lifetime, '/synced') },
  { name: 'floor', start: (lifetime) => startFloorAt(lifetime, '') },
  { name: 'Mayfly', start: startMayflyAt },
];

/**
 * Writes and reads of large objects on disk, one after another, compared with a minimal server that streams to and from
 * a file. Like Mayfly, it syncs bytes to disk before it responds to a PUT. A line without a target shows its rate
 * without the sync.
 */
export const largeObjects: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const source = makeSourceFile(makeScratchFolder(lifetime), 'source', run.scale.wholeObject);
    const samples = await alternate(contenders, run.scale.rounds, (contender) =>
      lifetime.during((inner) => measureRound(run, inner, contender, source)),
    );
    const [synced = [], floor = [], own = []] = samples;
    const size = run.scale.wholeObject;
    const name = `${formatSize(size)} on disk`;
    return [
      compare(`PUT of ${name}, against a bare loop with fdatasync`, size, own, synced, 'put', target),
      compare(`PUT of ${name}, against that loop without`, size, own, floor, 'put'),
      compare(`GET of ${name}, against a bare file stream`, size, own, [...synced, ...floor], 'get', target),
    ];
  });

async function startFloorAt(lifetime: Lifetime, folder: string): Promise<Address> {
  const { url } = await startFloor(lifetime);
  return { putUrl: (name) => `${url}${folder}/${name}`, getUrl: (name) => `${url}/${name}` };
}

async function startMayflyAt(lifetime: Lifetime): Promise<Address> {
  const storage = await startStorage(lifetime);
  await createBucket(storage, bucket);
  const urlOf = (name: string) => `${storage.server.url}${objectPath(bucket, name)}`;
  return { putUrl: urlOf, getUrl: urlOf, token: storage.token };
}

/** A new server for each round, whose files are removed before the next round, so that removals do not slow it down. */
async function measureRound(
  { scale, say }: Run,
  lifetime: Lifetime,
  { name, start }: Contender,
  source: string,
): Promise<Transfer> {
  const { putUrl, getUrl, token } = await start(lifetime);
  const put = (object: string) => upload(lifetime, source, putUrl(object), { token });
  const get = (object: string) => download(lifetime, getUrl(object), scale.wholeObject, { token });
  await put('warm-up');
  await get('warm-up');
  await settleDisk(lifetime);
  const names = Array.from({ length: scale.wholeObjects }, (_, index) => `object-${index}`);
  const puts: number[] = [];
  for (const object of names) puts.push(await put(object));
  await settleDisk(lifetime);
  const gets: number[] = [];
  for (const object of names) gets.push(await get(object));
  const sample = { put: median(puts), get: median(gets) };
  say(`large objects, ${name}: PUT ${sample.put.toFixed(3)} s, GET ${sample.get.toFixed(3)} s`);
  return sample;
}

function compare(
  work: string,
  size: number,
  own: Transfer[],
  floor: Transfer[],
  kind: keyof Transfer,
  goal?: Target,
): Finding {
  const secondsOf = (samples: Transfer[]) => median(samples.map((sample) => sample[kind]));
  const rate = (samples: Transfer[]) => `${formatCount(size / 1024 ** 2 / secondsOf(samples))} MiB/s`;
  return {
    work,
    measured: `${rate(own)}; floor ${rate(floor)}`,
    value: secondsOf(floor) / secondsOf(own),
    ...(goal && { target: goal }),
    samples: { mayflySeconds: own, floorSeconds: floor },
  };
}
