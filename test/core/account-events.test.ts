import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { Signer } from '../../src/core/signing.ts';
import { Deliveries } from '../../src/core/webhooks/deliveries.ts';
import { newDeliveryId } from '../../src/core/webhooks/events.ts';
import { webhookSecret } from '../../src/core/webhooks/webhook-secret.ts';
import { Webhooks } from '../../src/core/webhooks/webhooks.ts';
import { GuardedOutbound } from '../../src/stores/outbound/guarded-outbound.ts';
import { GroupCommit } from '../../src/stores/sqlite/database/group-commit.ts';
import { someAccount } from '../ports/some-object.ts';
import { openTemporaryStores, type TemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { failureOf } from './failure-of.ts';
import { callerOf, freeRemoteCalls } from './remote-calls-scene.ts';
import { soonTimers } from './soon-timers.ts';

const second = 1000;
const secretOf = (webhookId: string) => webhookSecret('the server’s secret', webhookId);

let stores: TemporaryStores;
let account: StoredAccount;
let accountWebhooks: Webhooks;
let deliveries: Deliveries;
let receiver: WebhookReceiver;
let webhookId: string;
let ahead: number;
const clock = () => Date.now() + ahead;

beforeEach(async () => {
  ahead = 0;
  stores = openTemporaryStores();
  account = someAccount();
  await stores.accounts.insert({ ...account, claimHash: null });
  const outbound = new GuardedOutbound({ allowPrivate: true }, async () => []);
  deliveries = new Deliveries({
    store: stores.outbox,
    outbound,
    secretsOf: (id) => [secretOf(id)],
    clock,
    timers: soonTimers,
  });
  accountWebhooks = new Webhooks({
    remoteCalls: freeRemoteCalls(),
    store: stores.webhooks,
    outbound,
    secretOf,
    signer: new Signer('the secret of this test'),
    clock,
  });
  let secret = '';
  receiver = await startWebhookReceiver(() => secret);
  const result = await accountWebhooks.create(callerOf(account), { url: receiver.url });
  secret = accountWebhooks.secretOf(result.id);
  webhookId = result.id;
  deliveries.start();
});

afterEach(async () => {
  await receiver.stop();
  await deliveries.stop();
});

/** Enters an event of an object, as its write does. */
async function announce(subject: string, what: string): Promise<void> {
  const writes = new GroupCommit(stores.connection.raw);
  await writes.atomic((tx) =>
    stores.outbox.announce(tx, account.id, {
      ...{ event: 'object.created', subject, at: clock(), body: () => JSON.stringify(what) },
      newDeliveryId: () => newDeliveryId(clock()),
    }),
  );
  deliveries.nudge();
}

const heard = () => receiver.calls.map(({ body }) => JSON.parse(body) as string);
const listed = async () => (await accountWebhooks.deliveries(account, webhookId, {})).entries.toReversed();
const statuses = async () => (await listed()).map(({ status }) => status);
const untilStatuses = (...expected: string[]) =>
  waitFor(expected.join(), async () => (await statuses()).join() === expected.join());

describe('the events of a failing receiver', () => {
  test('of one object arrive in order, despite failures; those of other objects do not wait', async () => {
    // x1 fails, y1 succeeds, x1 succeeds, x2 fails; all later ones succeed.
    receiver.behave(500, 200, 200, 500, 200);
    for (const what of ['x1', 'x2', 'x3']) await announce('bucket/x', what);
    await announce('bucket/y', 'y1');
    await untilStatuses('pending', 'pending', 'pending', 'delivered');
    expect(heard()).toEqual(['x1', 'y1']);
    ahead += 6 * second;
    await waitFor('x2', () => heard().length === 4);
    ahead += 6 * second;
    await untilStatuses('delivered', 'delivered', 'delivered', 'delivered');
    expect(heard()).toEqual(['x1', 'y1', 'x1', 'x2', 'x2', 'x3']);
    expect(receiver.calls.every(({ isVerified }) => isVerified)).toBe(true);
  });

  test('continue with the next one of an object when one has failed for good', async () => {
    receiver.behave(410, 200);
    for (const what of ['x1', 'x2']) await announce('bucket/x', what);
    await untilStatuses('failed', 'delivered');
    expect(heard()).toEqual(['x1', 'x2']);
  });
});

describe('a webhook that is made inactive', () => {
  test('receives nothing more: pending deliveries are dropped, and new events are not entered', async () => {
    receiver.behave(500);
    for (let n = 0; n < 600; n += 1) await announce(`bucket/${n % 3}`, 'waits');
    await waitFor('a call', () => receiver.calls.length > 0);
    await accountWebhooks.update(callerOf(account), webhookId, { active: false });
    const calls = receiver.calls.length;
    await announce('bucket/later', 'comes');
    const counts = await stores.outbox.countPending();
    expect(counts).toBe(0);
    ahead += 60 * second;
    await Bun.sleep(50);
    expect(receiver.calls.length - calls).toBeLessThanOrEqual(1);
    expect(heard()).not.toContain('comes');
  });

  test('receives new events once it is active again, and redeliveries', async () => {
    receiver.behave(500);
    await announce('bucket/x', 'first');
    await waitFor('a call', () => receiver.calls.length > 0);
    await accountWebhooks.update(callerOf(account), webhookId, { active: false });
    const [{ id = '' } = {}] = await listed();
    const refused = await failureOf(() => accountWebhooks.redeliver(account, webhookId, id));
    expect(refused.code).toBe('invalid');
    receiver.behave(200);
    await accountWebhooks.update(callerOf(account), webhookId, { active: true });
    await announce('bucket/x', 'second');
    await untilStatuses('failed', 'delivered');
    const result = await accountWebhooks.redeliver(account, webhookId, id);
    expect(result).toMatchObject({ id, status: 'pending' });
    await untilStatuses('delivered', 'delivered');
    expect(heard().slice(-2)).toEqual(['second', 'first']);
  });
});

test('a redelivery has the same id, and one try at any age', async () => {
  receiver.behave(410, 500, 200);
  await announce('bucket/x', 'first');
  await untilStatuses('failed');
  ahead += 48 * 3600 * second;
  const [{ id = '' } = {}] = await listed();
  await accountWebhooks.redeliver(account, webhookId, id);
  await waitFor('a try', () => receiver.calls.length === 2);
  await untilStatuses('failed');
  await accountWebhooks.redeliver(account, webhookId, id);
  await untilStatuses('delivered');
  expect(new Set(receiver.calls.map((call) => call.id))).toEqual(new Set([id]));
  expect((await listed())[0]).toMatchObject({ attempts: 3, lastStatus: 200, nextAttemptAt: null });
});

test('a removed webhook receives nothing more', async () => {
  receiver.behave(500);
  await announce('bucket/x', 'first');
  await waitFor('a call', () => receiver.calls.length === 1);
  await accountWebhooks.remove(account, webhookId);
  await announce('bucket/x', 'second');
  ahead += 60 * second;
  await Bun.sleep(50);
  expect(heard()).toEqual(['first']);
});
