import { createBucket, objectPath, restartStorage, type Storage, startStorage } from '../buckets.ts';
import { makeScratchFolder } from '../checkout.ts';
import { download, upload } from '../curl.ts';
import { formatSize, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { describeMemory, findPeak, type MemorySample, measurePeak } from '../resident-memory.ts';
import type { Benchmark, Run } from '../run.ts';
import { makeSparseFile } from '../source-file.ts';

const bucket = 'bench';
const target: Target = { bound: 'at most', value: 96, unit: 'MiB' };
const warmUpSize = 1024 ** 2;
const warmUpTransfers = 3;

/** The memory of one huge upload, and of slow readers of large objects. */
export const objectMemory: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const { hugeObject, slowObject, slowReaders, slowRate, memoryRounds } = run.scale;
    const put = await lifetime.during((inner) => measurePut(run, inner));
    const gets: MemorySample[] = [];
    const first = await startStorage(lifetime);
    await createBucket(first, bucket);
    await transfer(lifetime, first, 'slow', slowObject);
    await first.server.stop();
    for (let round = 0; round < memoryRounds; round++)
      gets.push(await lifetime.during((inner) => measureGets(run, inner, first)));
    const readers = `${slowReaders} × GET of ${formatSize(slowObject)} by readers of ${formatSize(slowRate)}/s`;
    return [
      findPeak(`PUT of ${formatSize(hugeObject)}, to disk`, target, [put]),
      findPeak(`${readers}, from disk`, target, gets),
    ];
  });

/** Only once, because it writes many bytes. */
async function measurePut({ scale, say }: Run, lifetime: Lifetime): Promise<MemorySample> {
  const storage = await startStorage(lifetime);
  await createBucket(storage, bucket);
  await warmUp(lifetime, storage);
  const sample = await measurePeak(lifetime, storage.server.pid, () =>
    transfer(lifetime, storage, 'huge', scale.hugeObject),
  );
  say(`object memory, PUT: ${describeMemory(sample)}`);
  return sample;
}

/** Each round starts a new server, since the memory of one that has grown does not shrink. */
async function measureGets({ scale, say }: Run, lifetime: Lifetime, ended: Storage): Promise<MemorySample> {
  const storage = await restartStorage(lifetime, ended);
  await warmUp(lifetime, storage);
  const sample = await measurePeak(lifetime, storage.server.pid, async () => {
    const { slowObject, slowReaders, slowRate } = scale;
    const limits = { token: storage.token, bytesPerSecond: slowRate };
    const readers = Array.from({ length: slowReaders }, () =>
      download(lifetime, urlOf(storage, 'slow'), slowObject, limits),
    );
    await Promise.all(readers);
  });
  say(`object memory, GET: ${describeMemory(sample)}`);
  return sample;
}

async function warmUp(lifetime: Lifetime, storage: Storage): Promise<void> {
  for (let turn = 0; turn < warmUpTransfers; turn++) {
    const name = crypto.randomUUID();
    await transfer(lifetime, storage, name, warmUpSize);
    await download(lifetime, urlOf(storage, name), warmUpSize, { token: storage.token });
  }
}

async function transfer(lifetime: Lifetime, storage: Storage, name: string, size: number): Promise<void> {
  await lifetime.during(async (inner) => {
    const source = makeSparseFile(makeScratchFolder(inner), name, size);
    await upload(inner, source, urlOf(storage, name), { token: storage.token });
  });
}

function urlOf({ server }: Storage, name: string): string {
  return `${server.url}${objectPath(bucket, name)}`;
}
