import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { stoppedAtTheEnd } from '../support/stopped-at-the-end.ts';
import type { WebhookReceiver } from '../support/webhook-receiver.ts';
import { outOfReach } from './file-server.ts';

const env = { ...outOfReach, WEBHOOK_ALLOW_PRIVATE: 'true' };

/** Servers that may call receivers on this machine, and those receivers. All stop after the last test. */
export function webhookServers() {
  const receivers: WebhookReceiver[] = [];
  // Stop the receivers first, because a stopping server waits for pending responses.
  const start = stoppedAtTheEnd(
    (options: Parameters<typeof startMayfly>[0] = {}) =>
      startMayfly({ readyWithinMs: 60_000, ...options, env: { ...env, ...options.env } }),
    receivers,
  );
  let shared: Promise<MayflyProcess> | undefined;
  /** A server for tests without special needs. */
  const startShared = () => {
    shared ??= start();
    return shared;
  };
  return { start, startShared, receivers };
}
