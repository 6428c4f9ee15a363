import {
  createBucket,
  objectPath,
  proveObject,
  type Storage,
  seedObjects,
  startStorage,
  writeArguments,
} from '../buckets.ts';
import { type Finding, formatCount, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { makeRequest, makeText, payloadPath, proveRoundTrip, seedPayloads } from '../payloads.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { type Load, type LoadSample, putLoad } from '../wrk.ts';

type Pair = { work: string; object: Load; payload: Load };

const bucket = 'bench';
const target: Target = { bound: 'at least', value: 0.8, unit: '×' };

/** Reads and writes of small objects, compared with payloads on the same server. */
export const objects: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const storage = await startStorage(lifetime);
    await createBucket(storage, bucket);
    await proveRoundTrip(storage.server, run.scale.contentSize);
    await proveObject(storage, objectPath(bucket, 'first'), makeText(run.scale.contentSize));
    // Reads come first, while the tables have only their own rows.
    const reads = await comparePair(run, lifetime, storage, await prepareReads(run, lifetime, storage));
    const writes = await comparePair(run, lifetime, storage, prepareWrites(run, lifetime, storage));
    return [writes, reads];
  });

async function prepareReads({ scale, say }: Run, lifetime: Lifetime, storage: Storage): Promise<Pair> {
  say('objects: putting the objects to read');
  const { ids, contentSize, connections } = scale;
  const objectPaths = await seedObjects(storage, bucket, ids, contentSize);
  const payloadPaths = (await seedPayloads(storage.server, ids, contentSize)).map(payloadPath);
  const files = (...texts: string[]) => writeArguments(lifetime, ...texts);
  return {
    work: 'GET',
    object: { script: 'get.lua', files: files(objectPaths.join('\n'), storage.token), connections },
    payload: { script: 'get.lua', files: files(payloadPaths.join('\n')), connections },
  };
}

function prepareWrites({ scale }: Run, lifetime: Lifetime, { token }: Storage): Pair {
  const { contentSize, connections } = scale;
  const content = makeText(contentSize);
  const files = (...texts: string[]) => writeArguments(lifetime, ...texts);
  return {
    work: 'PUT',
    object: { script: 'put.lua', files: files(objectPath(bucket, ''), token, content), connections },
    payload: { script: 'post.lua', files: files(makeRequest(content)), connections },
  };
}

async function comparePair(run: Run, lifetime: Lifetime, { server }: Storage, pair: Pair): Promise<Finding> {
  const { rounds, roundSeconds, warmUpSeconds, contentSize, connections } = run.scale;
  const contenders = [
    { name: 'objects', load: pair.object },
    { name: 'payloads', load: pair.payload },
  ];
  for (const { load } of contenders) await putLoad(lifetime, server, load, warmUpSeconds);
  const [own = [], payloads = []] = await alternate(contenders, rounds, async ({ name, load }) => {
    const sample = await putLoad(lifetime, server, load, roundSeconds);
    run.say(`objects, ${pair.work} of ${name}: ${describe([sample])}`);
    return sample;
  });
  return {
    work: `${pair.work} of objects of ${contentSize / 1024} KiB, ${connections} at once, against payloads`,
    measured: `${describe(own)}; payloads ${describe(payloads)}`,
    value: rateOf(own) / rateOf(payloads),
    target,
    samples: { objects: own, payloads },
  };
}

function rateOf(samples: LoadSample[]): number {
  return median(samples.map(({ requestsPerSecond }) => requestsPerSecond));
}

function describe(samples: LoadSample[]): string {
  return `${formatCount(rateOf(samples))}/s, p99 ${median(samples.map(({ p99 }) => p99)).toFixed(1)} ms`;
}
