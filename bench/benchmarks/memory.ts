import { makeScratchFolder } from '../checkout.ts';
import { upload } from '../curl.ts';
import { formatSize, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { proveRoundTrip } from '../payloads.ts';
import { describeMemory, findPeak, type MemorySample, measurePeak } from '../resident-memory.ts';
import { alternate } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { startS3 } from '../s3-server.ts';
import { type Server, startMayfly } from '../servers.ts';
import { makeSourceFile } from '../source-file.ts';

type Place = {
  name: string;
  target: Target;
  settings: (lifetime: Lifetime) => Promise<Record<string, string>>;
};
type Sources = { large: string; small: string; warmUp: string };

const warmUpUploads = 3;
const warmUpSize = 1024 ** 2;

const places: Place[] = [
  { name: 'disk', target: { bound: 'at most', value: 96, unit: 'MiB' }, settings: async () => ({}) },
  { name: 'S3', target: { bound: 'at most', value: 192, unit: 'MiB' }, settings: startS3 },
];

/** The memory of one large upload and many smaller ones at once. */
export const memory: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const { largeUpload, smallUpload, smallUploads, memoryRounds } = run.scale;
    const folder = makeScratchFolder(lifetime);
    const sources: Sources = {
      large: makeSourceFile(folder, 'large', largeUpload),
      small: makeSourceFile(folder, 'small', smallUpload),
      warmUp: makeSourceFile(folder, 'warm-up', warmUpSize),
    };
    const samples = await alternate(places, memoryRounds, (place) =>
      lifetime.during((inner) => measurePlace(run, inner, place, sources)),
    );
    const uploads = `${formatSize(largeUpload)} and ${smallUploads} × ${formatSize(smallUpload)} at once`;
    return places.map((place, index) =>
      findPeak(`${uploads}, to ${place.name}`, place.target, samples[index] ?? []),
    );
  });

/** Each round starts a new server, since the memory of one that has grown does not shrink. */
async function measurePlace(
  run: Run,
  lifetime: Lifetime,
  place: Place,
  sources: Sources,
): Promise<MemorySample> {
  const settings = { MAX_ANONYMOUS_SIZE: '2GiB', ...(await place.settings(lifetime)) };
  const server = await startMayfly(lifetime, `Mayfly on ${place.name}`, settings);
  await proveRoundTrip(server, run.scale.contentSize);
  for (let turn = 0; turn < warmUpUploads; turn++)
    await upload(lifetime, sources.warmUp, `${server.url}/warm-up-${turn}`);
  const sample = await measurePeak(lifetime, server.pid, () => uploadAtOnce(run, lifetime, server, sources));
  run.say(`memory, ${place.name}: ${describeMemory(sample)}`);
  return sample;
}

async function uploadAtOnce(run: Run, lifetime: Lifetime, server: Server, sources: Sources): Promise<void> {
  const small = Array.from({ length: run.scale.smallUploads }, (_, turn) =>
    upload(lifetime, sources.small, `${server.url}/small-${turn}`),
  );
  await Promise.all([upload(lifetime, sources.large, `${server.url}/large`), ...small]);
}
