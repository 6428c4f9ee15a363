import type { Config } from '../config/index.ts';
import { minFree } from '../core/content/capacity.ts';
import type { RestoredState } from '../core/operation/restored-state.ts';
import type { Timers } from '../core/ports/clock.ts';
import type { BlobStore } from '../core/ports/content/blob-store.ts';
import { type Probe, Unhealthy } from '../core/ports/probe.ts';
import type { Stores } from '../core/ports/stores.ts';
import type { DiskBlobStore } from '../stores/blobs/disk.ts';
import type { Limiters } from '../stores/limits/settings.ts';
import type { OpenDatabase } from './stores.ts';

/** The interval of the probes (ms). A fault is logged within this time, even if no client calls `/readyz`. */
const probeInterval = 10_000;

type Probed = {
  stores: Stores;
  database: OpenDatabase;
  blobs: BlobStore;
  disk: DiskBlobStore | undefined;
  restoredState: RestoredState | undefined;
};

/** The probes of `/readyz`: one for each store, and one for free space on the disk if the database is on it. */
export function probesOf(
  config: Config,
  { stores, database, blobs, disk, restoredState }: Probed,
  limiters: Limiters,
): Probe[] {
  const { s3, dataDirectory } = config;
  const blobsAt = s3 ? new URL(s3.endpoint).host : dataDirectory;
  const databaseAt = config.database.kind === 'file' ? config.database.file : config.database.where;
  const pingDatabase = async () => {
    await stores.ping();
    restoredState?.require();
  };
  return [
    { name: 'database', dispensable: false, where: databaseAt, ping: pingDatabase },
    ...database.probes,
    { name: 'blobs', dispensable: false, where: blobsAt, ping: () => blobs.ping() },
    ...(disk ? [diskProbe(disk, config)] : []),
    ...(limiters.probe ? [limiters.probe] : []),
  ];
}

function diskProbe(disk: DiskBlobStore, config: Config): Probe {
  return {
    name: 'disk',
    dispensable: true,
    where: config.dataDirectory,
    ping: async () => {
      const free = await disk.freeSpace();
      if (free < minFree(config))
        throw new Unhealthy('full', `${free} bytes are free, and MIN_FREE_SPACE keeps ${minFree(config)}`);
    },
  };
}

/** Probes every store now and periodically, so that the log reports a fault without a call to `/readyz`. */
export function watchStores(probes: Probe[], timers: Timers): () => void {
  const probeAll = () => {
    for (const { ping } of probes) ping().catch(() => undefined);
  };
  probeAll();
  return timers.every(probeInterval, probeAll);
}
