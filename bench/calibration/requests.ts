import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import type { Lifetime } from '../lifetime.ts';
import { makeRequest, makeText, payloadPath, seedPayloads } from '../payloads.ts';
import { type Costs, costsUnder } from '../postgres/costs.ts';
import { alternate, median } from '../rounds.ts';
import type { Run } from '../run.ts';
import type { Server } from '../servers.ts';
import type { Constants } from '../simulation/measured.ts';
import { type Load, putLoad } from '../wrk.ts';
import type { Scene } from './scene.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const blobSize = 128 * kibibyte;
/** The larger contents of the same kind. */
const moreKiB = 32;
const largeConnections = 8;

type Work = { server: Server; load: Load; seconds: number };

/** What requests cost a node and PostgreSQL, for small and large content. */
export async function measureRequests(run: Run, lifetime: Lifetime, scene: Scene) {
  const { node, cachedNode, database } = scene;
  const { contentSize, connections, ids, rounds, roundSeconds, pacedSeconds } = run.scale;
  // Large content is slow.
  const secondsOf = (of: number) => (of === connections ? roundSeconds : pacedSeconds);
  const creates = (size: number, of: number): Work => ({
    server: cachedNode,
    seconds: secondsOf(of),
    load: { script: 'post.lua', files: [fileWith(lifetime, makeRequest(makeText(size)))], connections: of },
  });
  const reads = async (server: Server, count: number, size: number, of: number): Promise<Work> => {
    const paths = (await seedPayloads(server, count, size)).map(payloadPath).join('\n');
    return {
      server,
      seconds: secondsOf(of),
      load: { script: 'get.lua', files: [fileWith(lifetime, paths)], connections: of },
    };
  };
  const larger = contentSize + moreKiB * kibibyte;
  const fewer = Math.max(1, Math.floor(ids / moreKiB));
  const few = Math.max(1, Math.floor(ids / 500));
  const works: Work[] = [
    creates(contentSize, connections),
    creates(larger, connections),
    await reads(node, ids, contentSize, connections),
    await reads(node, fewer, larger, connections),
    await reads(cachedNode, 1, contentSize, connections),
    creates(blobSize, largeConnections),
    creates(blobSize + mebibyte, largeConnections),
    await reads(node, few, blobSize, largeConnections),
    await reads(node, few, blobSize + mebibyte, largeConnections),
  ];
  for (const { server, load, seconds } of works)
    await putLoad(lifetime, server, load, Math.ceil(seconds / 2));
  const samples = await alternate(works, rounds, ({ server, load, seconds }) =>
    costsUnder(run, lifetime, database, [server], [load], seconds),
  );
  const [create, largerCreate, read, largerRead, cachedRead, blob, largerBlob, blobRead, largerBlobRead] =
    samples.map(medianOf) as [Costs, Costs, Costs, Costs, Costs, Costs, Costs, Costs, Costs];
  const logPerContentByte = (largerCreate.log - create.log) / (moreKiB * kibibyte);
  return {
    nodeCreate: create.node,
    nodeCreatePerKiB: more(create.node, largerCreate.node) / moreKiB,
    nodeRead: read.node,
    nodeCachedRead: cachedRead.node,
    nodeReadPerKiB: more(read.node, largerRead.node) / moreKiB,
    nodeBlobCreate: blob.node,
    nodeBlobCreatePerMiB: more(blob.node, largerBlob.node),
    nodeBlobRead: blobRead.node,
    nodeBlobReadPerMiB: more(blobRead.node, largerBlobRead.node),
    postgresCreate: create.postgres,
    postgresCreatePerKiB: more(create.postgres, largerCreate.postgres) / moreKiB,
    postgresRead: read.postgres,
    postgresReadPerKiB: more(read.postgres, largerRead.postgres) / moreKiB,
    postgresBlobCreate: blob.postgres,
    createsPerSecond: create.perSecond,
    syncsPerThousandCreates: create.syncs,
    logPerCreate: more(logPerContentByte * contentSize, create.log),
    logPerContentByte,
    logPerBlobCreate: blob.log,
  } satisfies Partial<Constants>;
}

/** A difference, which noise must not make negative. */
const more = (less: number, value: number) => Math.max(0, value - less);

function medianOf(samples: Costs[]): Costs {
  const of = (what: keyof Costs) => median(samples.map((costs) => costs[what]));
  return {
    perSecond: of('perSecond'),
    node: of('node'),
    postgres: of('postgres'),
    syncs: of('syncs'),
    log: of('log'),
  };
}

function fileWith(lifetime: Lifetime, text: string): string {
  const file = join(makeScratchFolder(lifetime), 'input');
  writeFileSync(file, text);
  return file;
}
