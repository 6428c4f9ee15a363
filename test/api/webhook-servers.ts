import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { stoppedAtTheEnd } from '../support/stopped-at-the-end.ts';
import type { WebhookReceiver } from '../support/webhook-receiver.ts';
import { outOfReach } from './file-server.ts';

const env = { ...outOfReach, WEBHOOK_ALLOW_PRIVATE: 'true' };

/** Servers that may call receivers of this machine, and the list of those receivers; all stop after the last test. */
export function webhookServers() {
  const receivers: WebhookReceiver[] = [];
  // First the receivers: a server that stops waits for an answer that is due.
  const start = stoppedAtTheEnd(
    (options: Parameters<typeof startMayfly>[0] = {}) =>
      startMayfly({ readyWithinMs: 60_000, ...options, env: { ...env, ...options.env } }),
    receivers,
  );
  let shared: Promise<MayflyProcess> | undefined;
  /** A server for tests that ask nothing special of it. */
  const startShared = () => {
    shared ??= start();
    return shared;
  };
  return { start, startShared, receivers };
}
