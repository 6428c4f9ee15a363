import type { Config } from '../config/index.ts';
import type { Probe } from '../core/ports/probe.ts';
import type { Logger } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import { StoreStates } from '../observe/store-states.ts';
import { SystemNames } from '../stores/names/system-names.ts';
import { createRateLimiters } from './rate-limits.ts';
import { openS3 } from './stores.ts';

/** Opens the stores beside the database, so that they can be probed while the database is away. */
export async function openSeparately(
  config: Config,
  log: Logger,
): Promise<{ probes: Probe[]; close(): void }> {
  const names = new SystemNames();
  const limiters = await createRateLimiters(config, {
    deployment: 'separate',
    clock: Date.now,
    states: new StoreStates(log),
    metrics: new Metrics(),
    lookup: names.lookupForSocket,
  });
  const { s3 } = config;
  const blobs = s3 && (await openS3(s3, names));
  const probes: Probe[] = [];
  if (s3 && blobs)
    probes.push({
      name: 'blobs',
      dispensable: false,
      where: new URL(s3.endpoint).host,
      ping: () => blobs.ping(),
    });
  if (limiters.probe) probes.push(limiters.probe);
  return { probes, close: () => limiters.close() };
}
