import { CronJob } from 'cron';
import { requireThatOfOthers } from '../../composition/deployment.ts';
import { createServices, type Services } from '../../composition/index.ts';
import { watchStores } from '../../composition/probes.ts';
import { openTracing } from '../../composition/tracing.ts';
import type { Config } from '../../config/index.ts';
import { adopt, differences } from '../../core/operation/deployment.ts';
import { createLog } from '../../observe/log.ts';
import { runtimeListen } from '../../runtime/index.ts';
import { createServer } from '../../server/index.ts';
import { reportUncaught } from '../shared/uncaught.ts';
import { databasePlace, refuseRestored } from './run.ts';
import { ListenFailure } from './start-failure.ts';
import { gracePeriod, stopSignal } from './stopping.ts';
import type { ParentLink } from './workers/parent-link.ts';

/** With a database server, a sweep begins up to this much after its time (ms), at most half of the time to the next. */
const maxDelay = 10_000;

/**
 * Serves until SIGTERM or SIGINT, or until another version has made the database unusable for this one. Then lets
 * requests in flight finish. Resolves with the exit code.
 *
 * @param parent The process that started this one as one of its workers.
 */
export async function serve(config: Config, parent?: ParentLink): Promise<number> {
  const logging = createLog(config.logLevel, config.logClientAddress, parent && process.pid);
  const { log } = logging;
  reportUncaught((error) => {
    log.fatal({ event: 'uncaught', err: error }, 'unexpected fault: the server exits');
    logging.flush();
  });
  const tracing = await openTracing(config, () => publicUrl, log);
  const services = await createServices(config, logging);
  parent?.shareMetrics(services.metrics);
  const listen = await runtimeListen();
  for (const warning of services.database.warnings) log.warn(warning);
  await refuseRestored(services);
  await adoptDeployment(services);
  await services.bans.reload();
  warnOfUnlimitedAnonymousStorage(services);
  const server = createServer(services, () => publicUrl, tracing);
  const maxSize = Math.max(config.maxAnonymousSize, config.maxPayloadSize, config.maxObjectSize);
  const { host, port } = config;
  const maxBodySize = 2 * maxSize + 1024 * 1024;
  const sharesPort = parent !== undefined;
  const listener = await listen(server, { host, port, maxBodySize, sharesPort }).catch((error: unknown) => {
    throw new ListenFailure(error);
  });
  const publicUrl = config.publicUrl ?? `http://localhost:${listener.port}`;
  const stopWatchingContact = services.contact?.watch();
  let sweeps: ReturnType<typeof startSweeping> | undefined;
  const sweep = () => {
    sweeps = startSweeping(services);
  };
  if (!parent) sweep();
  const stopWatchingBans = services.bans.watch(services.timers);
  const stopCountingDescriptors = services.descriptors.watch(services.timers, (isNew) => {
    // Idle connections are closed first.
    listener.closeIdleConnections?.();
    if (isNew) log.warn({ event: 'descriptors_scarce' }, 'new requests get 503: raise the limit (ulimit -n)');
  });
  const stopWatchingBlocks = services.blocks.watch();
  services.deliveries.start();
  const stopWatchingState = services.restoredState?.watch(services.timers, (isRestored) => {
    if (!isRestored) services.deliveries.start();
    else services.deliveries.stop().catch(() => undefined);
  });
  const stopWatchingStores = watchStores(services.probes, services.timers);
  const stopped = untilStopped(services, parent);
  // For a person at a terminal, not for the log.
  if (!parent) console.log(`Mayfly is at ${publicUrl}  try: echo hello | curl -T - ${publicUrl}/`);
  parent?.ready(publicUrl, sweep);
  if (services.database.isNew) {
    const place = config.database.kind === 'file' ? 'file' : 'host';
    log.info({ [place]: databasePlace(config) }, 'created a new database');
  }

  const code = await stopped;
  server.announceStop();
  parent?.stopping();
  sweeps?.stop();
  // If the parent has ended, the port must be free at once: it may be started again.
  if (config.stopDelay !== undefined)
    await Promise.race([services.timers.sleep(config.stopDelay), ...(parent ? [parent.lost] : [])]);
  stopWatchingContact?.();
  stopWatchingState?.();
  stopWatchingBans();
  stopCountingDescriptors();
  stopWatchingStores();
  stopWatchingBlocks();
  const ended = Promise.all([listener.stop(), services.sweeper.stop()]).then(() => services.close());
  const finished = await Promise.race([ended.then(() => true), after(gracePeriod)]);
  if (!finished) log.warn('requests in flight were cut off');
  await tracing?.close();
  log.info('stopped');
  logging.flush();
  return code;
}

/** Logs why the server stops. Resolves with the exit code. */
async function untilStopped({ database, log: { log } }: Services, parent?: ParentLink): Promise<number> {
  const signals = [stopSignal(), ...(parent ? [parent.lost] : [])];
  // A service manager may send it to all processes, and then the parent sends it again: a second one must end nothing.
  if (parent) process.on('SIGTERM', () => undefined);
  const unusable = database.unusable.then((problem) => ({ problem }));
  const reason = await Promise.race([unusable, ...signals]);
  if (typeof reason === 'string') {
    log.info({ signal: reason }, 'stopping');
    return 0;
  }
  log.error({ event: 'schema_unusable' }, `stopping: the database ${reason.problem}`);
  parent?.unusable();
  return 1;
}

/** Records the settings of this server as the ones that commands must use, and warns if they changed. */
async function adoptDeployment(services: Services): Promise<void> {
  const {
    config,
    stores,
    deployment,
    previousSecret,
    clock,
    log: { log },
  } = services;
  const changed = await differences(stores.deployment, deployment);
  if (config.database.kind === 'server') await requireThatOfOthers(config, stores.deployment);
  if (changed.includes('blobs'))
    log.warn('S3_* have changed since the last start: earlier blobs cannot be read');
  if (changed.includes('secret'))
    log.warn(
      config.secretPrevious === undefined
        ? 'SECRET has changed since the last start: signed URLs are invalid, and webhooks have new secrets'
        : 'SECRET has changed since the last start: signatures by SECRET_PREVIOUS are accepted for 7 days',
    );
  const changedAt = await adopt(stores.deployment, deployment, clock());
  if (changedAt !== undefined) previousSecret.changedAt(changedAt);
}

/** S3 does not report its free space, so there is no default limit for anonymous callers. */
function warnOfUnlimitedAnonymousStorage({ config, log: { log } }: Services): void {
  const { s3, maxStorage, anonymousStorage, anonymousCreate } = config;
  if (s3 && maxStorage === undefined && anonymousStorage === undefined && anonymousCreate)
    log.warn('anonymous callers can store without limit on S3: set ANONYMOUS_STORAGE or MAX_STORAGE');
}

/**
 * Sweeps on the schedule of `SWEEP_CRON`. Sweeps of one server never overlap. Servers on one database have the same
 * schedule: each one waits a random time, so that they rarely look for the same rows at once.
 */
function startSweeping(services: Services): { stop(): void } {
  const {
    config,
    sweeper,
    restoredState,
    stores,
    metrics,
    log: { log },
    clock,
    timers,
  } = services;
  let isStopped = false;
  const job: CronJob = CronJob.from({
    cronTime: config.sweepCron,
    start: true,
    onTick: async () => {
      if (config.database.kind === 'server') {
        const untilNext = job.nextDate().toMillis() - Date.now();
        await timers.sleep(Math.random() * Math.min(maxDelay, untilNext / 2));
        if (isStopped || restoredState?.isRestored) return;
      }
      try {
        const report = await sweeper.run();
        metrics.sweep(report, clock());
        const { milliseconds, ...counts } = report;
        const didNothing = Object.values(counts).every((count) => count === 0);
        log[didNothing ? 'debug' : 'info']({ ...report, lagMilliseconds: await sweeper.lag() }, 'sweep');
      } catch (error) {
        metrics.sweepFailed();
        stores.damage.note(error);
        log.error({ err: error }, 'sweep failed');
      }
    },
    waitForCompletion: true,
  });
  return {
    stop() {
      isStopped = true;
      job.stop();
    },
  };
}

function after(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), milliseconds).unref());
}
