import { Accounts } from '../core/accounts/accounts.ts';
import { Bans } from '../core/accounts/bans.ts';
import { Confirmations } from '../core/files/confirmations.ts';
import { FileRoutes } from '../core/files/file-routes.ts';
import { Files } from '../core/files/files.ts';
import { RemoteFiles } from '../core/files/remote-files.ts';
import { Reservations } from '../core/files/reservations.ts';
import { UploadReceiver } from '../core/files/upload-receiver.ts';
import { Uploads } from '../core/files/uploads.ts';
import { RemoteCalls } from '../core/limits/remote-calls.ts';
import { PayloadUploads } from '../core/payloads/payload-uploads.ts';
import { PreviousSecret } from '../core/previous-secret.ts';
import { Signer } from '../core/signing.ts';
import { Deliveries } from '../core/webhooks/deliveries.ts';
import { webhookSecret } from '../core/webhooks/webhook-secret.ts';
import { reasonOf } from '../observe/reason.ts';
import { GuardedOutbound } from '../stores/outbound/guarded-outbound.ts';
import type { Dependencies } from './dependencies.ts';

/** Accounts, the files that they hold, and all that is uploaded by way of addresses. */
export function createFiles(dependencies: Dependencies) {
  const { config, secret, budgets, stores, names, blobs, placement, idempotency, plans, clock, timers, log } =
    dependencies;
  const { direct } = blobs;
  const outbound = new GuardedOutbound({ allowPrivate: config.webhookAllowPrivate }, names.lookupAbsolute);
  const remoteCalls = new RemoteCalls(budgets.remoteCalls, clock, timers);
  const previousSecret = new PreviousSecret(config.secretPrevious, clock);
  const signer = new Signer(secret, previousSecret);
  const secretOf = (webhookId: string) => webhookSecret(secret, webhookId);
  const secretsOf = (webhookId: string) =>
    [secret, previousSecret.value]
      .filter((each) => each !== undefined)
      .map((each) => webhookSecret(each, webhookId));
  const deliveries = new Deliveries({
    store: stores.outbox,
    outbound,
    secretsOf,
    clock,
    timers,
    reports: {
      onError: (error) => log.log.warn({ err: error }, 'webhooks could not be delivered for now'),
      onFailing: (url, cause) => {
        const { code, reason } = reasonOf(cause);
        const { host } = new URL(url);
        const message = 'a webhook has begun to fail; its deliveries are tried again for 24 hours';
        log.log.warn({ event: 'webhook_failing', host, code, reason }, message);
      },
    },
  });
  const { maxUploadTime } = config;
  const reservations = new Reservations({
    store: stores.uploads,
    direct,
    placement,
    maxUploadTime,
    signer,
    clock,
    timers,
  });
  const uploads = new Uploads({ settings: config, plans, reservations, clock });
  const confirmations = new Confirmations({
    stores: { ...stores, direct },
    uploads,
    placement,
    maxUploadTime,
    clock,
  });
  return {
    signer,
    reservations,
    previousSecret,
    outbound,
    remoteCalls,
    plans,
    accounts: new Accounts({
      store: stores.accounts,
      plans,
      clock,
      timers,
      takesGuests: config.anonymousCreate,
    }),
    bans: new Bans(config.bannedAddresses, stores.bans, clock),
    uploads,
    receiver: new UploadReceiver({ store: stores.uploads, placement, signer, clock }),
    confirmations,
    remoteFiles: new RemoteFiles({
      stores: { ...stores, outbound },
      calls: remoteCalls,
      uploads,
      plans,
      placement,
      maxObjectSize: config.maxObjectSize,
      clock,
    }),
    files: new Files({ store: stores.objects, placement, signer, clock, timers }),
    payloadUploads: new PayloadUploads({
      settings: config,
      stores: { ...stores, direct, plans },
      reservations,
      placement,
      idempotency,
      clock,
    }),
    fileRoutes: new FileRoutes(stores.fileRoutes, outbound, clock),
    deliveries,
    webhookSecret: secretOf,
  };
}
