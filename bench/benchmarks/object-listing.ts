import { call } from '../api-call.ts';
import { fillBuckets, halfOfFolders, spreadKey } from '../bucket-rows.ts';
import {
  countObjects,
  createBucket,
  listPath,
  objectPath,
  putText,
  restartStorage,
  type Storage,
  startStorage,
  writeArguments,
} from '../buckets.ts';
import { type Finding, formatCount, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { findDatabase } from '../payload-table.ts';
import { makeText } from '../payloads.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { type Load, type LoadSample, putLoad } from '../wrk.ts';

type Page = { data: { key: string }[]; commonPrefixes?: string[]; nextCursor: string | null };
type Bucket = { name: string; size: number };
/** A filled bucket, and the paths of its pages. */
type FullBucket = Bucket & { pages: string[] };
/** A selection of pages of a bucket. */
type Kind = { work: string; target?: Target; paths: (bucket: FullBucket) => string[] };

const target: Target = { bound: 'at most', value: 1.5, unit: '×' };
const pageSize = 100;
const maxPageSize = 1000;
const contentSize = 16;

const kinds: Kind[] = [
  {
    work: `list of ${pageSize} keys from the middle`,
    target,
    paths: ({ pages }) => pages.slice(pages.length / 2, pages.length / 2 + 1),
  },
  // In a large bucket these pages are not cached, and their rows are spread over the file.
  { work: `list of ${pageSize} keys, each time from another place`, paths: ({ pages }) => pages },
  {
    work: `list of ${pageSize} common prefixes`,
    target,
    paths: ({ name }) => [listPath(name, { limit: pageSize, prefix: halfOfFolders, delimiter: '/' })],
  },
];

/** Pages of a very large bucket, compared with those of a small one: the cost must not depend on the size. */
export const objectListing: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const small = { name: 'small', size: run.scale.smallBucket };
    const large = { name: 'large', size: run.scale.largeBucket };
    const storage = await prepare(run, lifetime, [small, large]);
    const full: [FullBucket, FullBucket] = [
      { ...small, pages: await pagesOf(storage, small) },
      { ...large, pages: await pagesOf(storage, large) },
    ];
    const findings: Finding[] = [];
    for (const kind of kinds) findings.push(await compare(run, lifetime, storage, kind, full));
    return findings;
  });

/** The server puts the first object of each bucket, so that the copies have the values that it writes. */
async function prepare({ say }: Run, lifetime: Lifetime, buckets: Bucket[]): Promise<Storage> {
  const first = await startStorage(lifetime);
  for (const { name } of buckets) {
    await createBucket(first, name);
    await putText(first, objectPath(name, spreadKey(0)), makeText(contentSize));
  }
  await first.server.stop();
  say('object listing: filling buckets');
  const sizes = Object.fromEntries(buckets.map(({ name, size }) => [name, size]));
  await fillBuckets(findDatabase(first.dataFolder), sizes);
  const storage = await restartStorage(lifetime, first);
  for (const { name, size } of buckets) {
    const counted = await countObjects(storage, name);
    if (counted !== size) throw new Error(`${counted} objects are counted in ${name} of ${size}`);
  }
  return storage;
}

async function compare(
  { scale, say }: Run,
  lifetime: Lifetime,
  storage: Storage,
  kind: Kind,
  [small, large]: [FullBucket, FullBucket],
): Promise<Finding> {
  const loads: Load[] = [];
  for (const bucket of [small, large]) {
    const paths = kind.paths(bucket);
    for (const path of paths) await requireFullPage(storage, path);
    loads.push({
      script: 'get.lua',
      files: writeArguments(lifetime, paths.join('\n'), storage.token),
      connections: 1,
    });
  }
  for (const load of loads) await putLoad(lifetime, storage.server, load, scale.pageSeconds);
  const [few = [], many = []] = await alternate(loads, scale.rounds, async (load) => {
    const sample = await putLoad(lifetime, storage.server, load, scale.pageSeconds);
    say(`object listing, ${kind.work}: ${formatCount(sample.requestsPerSecond)}/s`);
    return sample;
  });
  const timeOf = (samples: LoadSample[]) =>
    1e6 / median(samples.map(({ requestsPerSecond }) => requestsPerSecond));
  return {
    work: `${kind.work}: a bucket of ${formatCount(large.size)}, against one of ${formatCount(small.size)}`,
    measured: `${formatCount(timeOf(many))} µs; ${formatCount(timeOf(few))} µs`,
    value: timeOf(many) / timeOf(few),
    ...(kind.target && { target: kind.target }),
    samples: { large: many, small: few },
  };
}

/**
 * Lists a bucket from start to end.
 *
 * @returns the paths of pages spread over it, without the first
 * @throws if not every object is listed once, in the byte order of keys
 */
async function pagesOf(storage: Storage, { name, size }: Bucket): Promise<string[]> {
  const limit = Math.min(maxPageSize, size / 10);
  const cursors: string[] = [];
  let listed = 0;
  let last = '';
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await list(storage, listPath(name, { limit, ...(cursor && { cursor }) }));
    for (const { key } of page.data) {
      if (key <= last) throw new Error(`${key} is listed after ${last}`);
      last = key;
    }
    listed += page.data.length;
    cursor = page.nextCursor;
    if (cursor !== null) cursors.push(cursor);
  }
  if (listed !== size) throw new Error(`${listed} objects are listed in ${name} of ${size}`);
  return cursors.map((cursor) => listPath(name, { limit: pageSize, cursor }));
}

async function requireFullPage(storage: Storage, path: string): Promise<void> {
  const { data, commonPrefixes = [] } = await list(storage, path);
  if (data.length + commonPrefixes.length !== pageSize)
    throw new Error(`${path} has ${data.length} objects and ${commonPrefixes.length} prefixes`);
}

function list({ server, token }: Storage, path: string): Promise<Page> {
  return call<Page>(`${server.url}${path}`, 'GET', token);
}
