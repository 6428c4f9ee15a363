import type { Config } from '../config/index.ts';
import { Bodies } from '../core/bodies/bodies.ts';
import { BodyMemory } from '../core/bodies/body-memory.ts';
import { ClientAddresses } from '../core/client-address.ts';
import { AnswerEncoding } from '../core/coding/answer-encoding.ts';
import { BodyDecoding } from '../core/coding/body-decoding.ts';
import { Descriptors } from '../core/limits/descriptors.ts';
import { nameBy } from '../core/operation/deployment.ts';
import { Removals } from '../core/operation/removals.ts';
import { Sweeper } from '../core/operation/sweeper.ts';
import { Payloads } from '../core/payloads/payloads.ts';
import type { Log } from '../observe/log.ts';
import { Refusals } from '../observe/refusals.ts';
import { countDescriptors } from '../stores/budgets/process-descriptors.ts';
import { WorkerDecoders } from '../stores/codings/worker-decoders.ts';
import { WorkerEncoder } from '../stores/codings/worker-encoder.ts';
import { createBuckets } from './buckets.ts';
import { createDependencies, type ServiceOptions } from './dependencies.ts';
import { deploymentOf } from './deployment.ts';
import { createFiles } from './files.ts';
import { registerGauges } from './gauges.ts';
import { probesOf } from './probes.ts';
import { createRateLimiters, limitsOf } from './rate-limits.ts';

export type Services = Awaited<ReturnType<typeof createServices>>;

/** The composition root: builds the stores and the core from the settings. */
export async function createServices(config: Config, log: Log, options: ServiceOptions = {}) {
  const onEntered = () => files.deliveries.nudge();
  const dependencies = await createDependencies(config, log, options, onEntered);
  const {
    clock,
    timers,
    metrics,
    states,
    database,
    stores,
    contact,
    restoredState,
    names,
    blobs,
    budgets,
    placement,
    blocks,
    secret,
  } = dependencies;
  const limiters = await createRateLimiters(config, {
    // With several servers the secret changes on one after the other.
    deployment: database.server?.id ?? nameBy(secret),
    clock,
    states,
    metrics,
    lookup: names.lookupForSocket,
  });
  const memory = new BodyMemory(budgets.largeBodies, budgets.smallBodies);
  const leasesEndedBy = contact && (() => contact.leasesEndedBy(config.uploadLease));
  const sweeper = new Sweeper({ ...stores, blobs, readers: placement.readers, leasesEndedBy }, clock, timers);
  const decoders = new WorkerDecoders();
  const encoder = new WorkerEncoder();
  const files = createFiles(dependencies);
  const buckets = createBuckets(dependencies, files);
  const descriptors = new Descriptors(countDescriptors);
  registerGauges({ ...dependencies, sweeper, descriptors });
  const probes = probesOf(config, dependencies, limiters).map((probe) => states.watched(probe));
  const close = async () => {
    await sweeper.stop();
    await files.deliveries.stop();
    await Promise.all([files.accounts.flush(), files.files.flush(), buckets.traffic.flush()]);
    limiters.close();
    dependencies.retries.stop();
    await dependencies.closeRooms();
    await Promise.all([decoders.close(), encoder.close()]);
    await stores.close();
  };
  return {
    config,
    clock,
    timers,
    log,
    metrics,
    bodies: new Bodies({ ...budgets, memory, clock }, timers),
    idempotency: dependencies.idempotency,
    descriptors,
    payloads: new Payloads({ ...dependencies, limits: config, store: stores.payloads }),
    answerEncoding: new AnswerEncoding(encoder, budgets.encoders, budgets.answers),
    bodyDecoding: new BodyDecoding(decoders, budgets.decoders, clock, timers),
    ...files,
    ...buckets,
    database: { isNew: database.isNew, warnings: database.warnings, unusable: database.unusable },
    deployment: deploymentOf(config, secret),
    sweeper,
    contact,
    restoredState,
    blocks,
    removals: new Removals({ ...stores, blocks, placement, staleness: dependencies.staleness }, clock),
    stores,
    blobs,
    probes,
    refusals: new Refusals(metrics.registry, log, clock),
    clientAddresses: new ClientAddresses(config.trustedProxies, (peer) =>
      log.log.warn(
        { event: 'untrusted_proxy', peer },
        `X-Forwarded-For from a peer in a private network is ignored; if the peer is your proxy, set TRUSTED_PROXIES=${peer}`,
      ),
    ),
    limits: limitsOf(config, limiters),
    close,
  };
}
