import {
  createBucket,
  objectPath,
  proveObject,
  type Storage,
  seedObjects,
  startStorage,
  writeArguments,
} from './buckets.ts';
import { makeScratchFolder } from './checkout.ts';
import { cpuOf } from './cpu.ts';
import { upload } from './curl.ts';
import { settleDisk } from './disk.ts';
import { createGuest, liftGuestLimits, proveFlow, unlimited } from './files.ts';
import type { Lifetime } from './lifetime.ts';
import { makeRequest, makeText, payloadPath, proveRoundTrip, seedPayloads } from './payloads.ts';
import { startPostgres } from './postgres/server.ts';
import { alternate, median } from './rounds.ts';
import type { Run } from './run.ts';
import { type Server, startMayfly } from './servers.ts';
import { startSharedStores } from './shared-stores.ts';
import { makeSourceFile } from './source-file.ts';
import { type Load, putLoad } from './wrk.ts';

/** The rate of one kind of work, and the processor time of the server for each unit of it. */
type Sample = { rate: number; cpu: number };

/** Starts and warms up the server of a checkout. Each call of its result measures one kind of work. */
type Work = (run: Run, lifetime: Lifetime, project: string) => Promise<() => Promise<Sample>>;

const bucket = 'bench';
const gzip = { 'Accept-Encoding': 'gzip' };
const rawPath = (id: string) => `/raw/${id}`;

/** The kinds of work for comparing two checkouts, by benchmark. */
export const comparedWorks: Record<string, Record<string, Work>> = {
  get: {
    'GET of payloads': reads(payloadPath),
    'GET of payloads, gzip accepted': reads(payloadPath, gzip),
    'GET of /raw': reads(rawPath),
    'GET of /raw, gzip accepted': reads(rawPath, gzip),
  },
  post: { 'POST of payloads': posts },
  postgres: { 'POST of payloads on PostgreSQL': postsOnPostgres },
  objects: { 'GET of objects': objectReads, 'PUT of objects': objectWrites },
  files: { 'presign, PUT and confirm': fileFlows },
  upload: { 'upload of a large file': largeUploads },
};

/** A ratio of two checkouts: the median of all pairs, and its 95 % confidence interval. */
export type Comparison = { work: string; ratio: number; low: number; high: number; pairs: number };

/**
 * Compares this checkout with another one in pairs: rates, where more is better, and processor time for each unit of
 * work, where less is better. The servers of a pair run side by side and are measured in turn, so that a machine that
 * slows down affects both. Each pair has new processes: two processes of the same code can differ by 10 % as long as
 * they run, which an interval from two processes would not show.
 *
 * @param other A folder with another version of this project, its dependencies installed.
 */
export async function compareWith(
  run: Run,
  own: string,
  other: string,
  name: string,
  work: Work,
  pairs: number,
): Promise<Comparison[]> {
  const ratios: Sample[] = [];
  for (let pair = 0; pair < pairs; pair++)
    ratios.push(await run.lifetime.during((lifetime) => measurePair(run, lifetime, own, other, work)));
  const skipped = skippedAtEachEnd(pairs);
  return (['rate', 'cpu'] as const).map((quantity) => {
    const sorted = ratios.map((ratio) => ratio[quantity]).toSorted((a, b) => a - b);
    const [low = Number.NaN, high = Number.NaN] = [sorted[skipped], sorted[pairs - 1 - skipped]];
    const work = `${name}: ${quantity === 'rate' ? 'rate' : 'CPU'}`;
    const comparison = { work, ratio: median(sorted), low, high, pairs };
    run.say(renderComparison(comparison));
    return comparison;
  });
}

/** The ratios of this checkout to the other one, in one process of each. */
async function measurePair(
  run: Run,
  lifetime: Lifetime,
  own: string,
  other: string,
  work: Work,
): Promise<Sample> {
  const contenders = [await work(run, lifetime, own), await work(run, lifetime, other)];
  const [ours = [], theirs = []] = await alternate(contenders, run.scale.pairTurns, (measure) => measure());
  const ratio = (quantity: keyof Sample) =>
    mean(ours.map((sample) => sample[quantity])) / mean(theirs.map((sample) => sample[quantity]));
  return { rate: ratio('rate'), cpu: ratio('cpu') };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function renderComparison({ work, ratio, low, high, pairs }: Comparison): string {
  return `| ${work} | ${ratio.toFixed(3)} | ${low.toFixed(3)} to ${high.toFixed(3)} | ${pairs} |`;
}

/**
 * How many of the sorted samples lie outside the median's 95 % interval at each end. A sample is above the median with a
 * probability of 1/2, so their number has a binomial distribution.
 */
function skippedAtEachEnd(samples: number): number {
  let chance = 0.5 ** samples;
  let below = 0;
  for (let count = 0; count < samples; count += 1) {
    below += chance;
    if (below > 0.025) return Math.max(0, count - 1);
    chance *= (samples - count) / (count + 1);
  }
  return 0;
}

/** Measures a server under a load, after a warm-up for the JIT compiler. */
async function warmUp(
  { scale }: Run,
  lifetime: Lifetime,
  server: Server,
  load: Load,
  cpu = () => cpuOf(server.pid),
) {
  await putLoad(lifetime, server, load, scale.warmUpSeconds);
  return async (): Promise<Sample> => {
    const before = cpu();
    const { requests, requestsPerSecond } = await putLoad(lifetime, server, load, scale.pairSeconds);
    return { rate: requestsPerSecond, cpu: (cpu() - before) / requests };
  };
}

function start(lifetime: Lifetime, project: string): Promise<Server> {
  return startMayfly(lifetime, project, {}, makeScratchFolder(lifetime), project);
}

function reads(pathOf: (id: string) => string, headers?: Record<string, string>): Work {
  return async (run, lifetime, project) => {
    const server = await start(lifetime, project);
    const { ids, contentSize, connections } = run.scale;
    await proveRoundTrip(server, contentSize);
    const paths = (await seedPayloads(server, ids, contentSize)).map(pathOf);
    const files = writeArguments(lifetime, paths.join('\n'));
    return warmUp(run, lifetime, server, {
      script: 'get.lua',
      files,
      connections,
      ...(headers && { headers }),
    });
  };
}

async function posts(run: Run, lifetime: Lifetime, project: string) {
  const server = await start(lifetime, project);
  const { contentSize, connections } = run.scale;
  await proveRoundTrip(server, contentSize);
  const files = writeArguments(lifetime, makeRequest(makeText(contentSize)));
  return warmUp(run, lifetime, server, { script: 'post.lua', files, connections });
}

/** The processor time is that of the server and of PostgreSQL. */
async function postsOnPostgres(run: Run, lifetime: Lifetime, project: string) {
  const database = await startPostgres(lifetime);
  const settings = { ...(await startSharedStores(lifetime)), DATABASE_URL: database.url };
  const server = await startMayfly(lifetime, project, settings, makeScratchFolder(lifetime), project);
  const { contentSize, connections } = run.scale;
  await proveRoundTrip(server, contentSize);
  const files = writeArguments(lifetime, makeRequest(makeText(contentSize)));
  const load: Load = { script: 'post.lua', files, connections };
  return warmUp(run, lifetime, server, load, () => cpuOf(server.pid) + database.cpu());
}

async function storageOf({ scale }: Run, lifetime: Lifetime, project: string): Promise<Storage> {
  const storage = await startStorage(lifetime, project);
  await createBucket(storage, bucket);
  await proveObject(storage, objectPath(bucket, 'first'), makeText(scale.contentSize));
  return storage;
}

async function objectReads(run: Run, lifetime: Lifetime, project: string) {
  const storage = await storageOf(run, lifetime, project);
  const { ids, contentSize, connections } = run.scale;
  const paths = await seedObjects(storage, bucket, ids, contentSize);
  const files = writeArguments(lifetime, paths.join('\n'), storage.token);
  return warmUp(run, lifetime, storage.server, { script: 'get.lua', files, connections });
}

async function objectWrites(run: Run, lifetime: Lifetime, project: string) {
  const storage = await storageOf(run, lifetime, project);
  const { contentSize, connections } = run.scale;
  const files = writeArguments(lifetime, objectPath(bucket, ''), storage.token, makeText(contentSize));
  return warmUp(run, lifetime, storage.server, { script: 'put.lua', files, connections });
}

async function fileFlows(run: Run, lifetime: Lifetime, project: string) {
  const dataFolder = makeScratchFolder(lifetime);
  await liftGuestLimits(lifetime, dataFolder, project);
  const server = await startMayfly(lifetime, project, unlimited, dataFolder, project);
  const token = await createGuest(server);
  const content = makeText(run.scale.fileSize);
  await proveFlow(server, token, content);
  const files = writeArguments(lifetime, token, content);
  const connections = run.scale.fileConnections;
  return warmUp(run, lifetime, server, {
    script: 'file-flow.lua',
    files,
    connections,
    threadEach: true,
  });
}

async function largeUploads(run: Run, lifetime: Lifetime, project: string) {
  const size = run.scale.pairUpload;
  const file = makeSourceFile(makeScratchFolder(lifetime), 'large', size);
  const settings = { MAX_ANONYMOUS_SIZE: '2GiB' };
  const { url, pid } = await startMayfly(lifetime, project, settings, makeScratchFolder(lifetime), project);
  return async (): Promise<Sample> => {
    await settleDisk(lifetime);
    const before = cpuOf(pid);
    const seconds = await upload(lifetime, file, `${url}/large`);
    return { rate: size / seconds, cpu: (cpuOf(pid) - before) / size };
  };
}
