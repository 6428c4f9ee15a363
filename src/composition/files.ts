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

/** Builds accounts, files, uploads and webhooks. */
export function createFiles(dependencies: Dependencies) {
  const { settings, secret, budgets, stores, names, blobs, plans, clock, timers, staleness, log } =
    dependencies;
  const { maxUploadTime, maxObjectSize } = settings;
  const { direct } = blobs;
  const outbound = new GuardedOutbound({ allowPrivate: settings.webhookAllowPrivate }, names.lookupAbsolute);
  const remoteCalls = new RemoteCalls(budgets.remoteCalls, clock, timers);
  const previousSecret = new PreviousSecret(settings.secretPrevious, clock);
  const signer = new Signer(secret, previousSecret);
  const secretsOf = (webhookId: string) =>
    [secret, previousSecret.value]
      .filter((each) => each !== undefined)
      .map((each) => webhookSecret(each, webhookId));
  const shared = { ...dependencies, signer, outbound, direct, maxUploadTime };
  const reservations = new Reservations({ ...shared, store: stores.uploads });
  const uploads = new Uploads({ ...shared, reservations });
  const deliveries = new Deliveries({
    ...shared,
    store: stores.outbox,
    secretsOf,
    reports: {
      onError: (error) => log.log.warn({ err: error }, 'webhooks could not be delivered for now'),
      onFailing: (url, cause) => {
        const { code, reason } = reasonOf(cause);
        const { host } = new URL(url);
        const message = 'a webhook is failing; its deliveries are retried for 24 hours';
        log.log.warn({ event: 'webhook_failing', host, code, reason }, message);
      },
    },
  });
  const remote = { ...shared, stores: { ...stores, outbound } };
  const payloadStores = { ...stores, direct, plans };
  return {
    signer,
    reservations,
    previousSecret,
    outbound,
    remoteCalls,
    plans,
    accounts: new Accounts({ ...shared, store: stores.accounts, takesGuests: settings.anonymousCreate }),
    bans: new Bans(settings.bannedAddresses, stores.bans, clock, staleness),
    uploads,
    receiver: new UploadReceiver({ ...shared, store: stores.uploads }),
    confirmations: new Confirmations({ ...shared, stores: { ...stores, direct }, uploads }),
    remoteFiles: new RemoteFiles({ ...remote, calls: remoteCalls, uploads, maxObjectSize }),
    files: new Files({ ...shared, store: stores.objects }),
    payloadUploads: new PayloadUploads({ ...shared, stores: payloadStores, reservations }),
    fileRoutes: new FileRoutes(stores.fileRoutes, outbound, clock),
    deliveries,
    webhookSecret: (webhookId: string) => webhookSecret(secret, webhookId),
  };
}
