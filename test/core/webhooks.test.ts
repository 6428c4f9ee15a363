import { beforeEach, describe, expect, test } from 'bun:test';
import type { Idempotency, IdempotentRequest, Outcome } from '../../src/core/idempotency.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { Signer } from '../../src/core/signing.ts';
import { webhookSecret } from '../../src/core/webhooks/webhook-secret.ts';
import { Webhooks } from '../../src/core/webhooks/webhooks.ts';
import { GuardedOutbound } from '../../src/stores/outbound/guarded-outbound.ts';
import { GroupCommit } from '../../src/stores/sqlite/database/group-commit.ts';
import { someAccount } from '../ports/some-object.ts';
import { openTemporaryStores, type TemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { failureOf } from './failure-of.ts';
import { idempotencyOn } from './one-node.ts';
import { callerOf, freeRemoteCalls } from './remote-calls-scene.ts';
import { SettableTime } from './settable-time.ts';

const url = 'https://receiver.example/hook';
const secretOf = (webhookId: string) => webhookSecret('the server’s secret', webhookId);

let time: SettableTime;
let stores: TemporaryStores;
let account: StoredAccount;
let other: StoredAccount;
let accountWebhooks: Webhooks;
let idempotency: Idempotency;

/** The names that resolve, with their addresses. */
const names: Record<string, string[]> = {
  'receiver.example': ['93.184.215.14'],
  'private.example': ['10.0.0.7'],
  'mixed.example': ['93.184.215.14', '127.0.0.1'],
};
const resolve = async (name: string) => {
  const addresses = names[name];
  if (addresses === undefined) throw new Error('unknown name');
  return addresses;
};

beforeEach(async () => {
  time = new SettableTime();
  stores = openTemporaryStores();
  [account, other] = [someAccount(), someAccount()];
  for (const each of [account, other]) await stores.accounts.insert({ ...each, claimHash: null });
  idempotency = idempotencyOn(stores.idempotency, time);
  accountWebhooks = new Webhooks({
    remoteCalls: freeRemoteCalls(time),
    store: stores.webhooks,
    outbound: new GuardedOutbound({ allowPrivate: false }, resolve),
    secretOf,
    signer: new Signer('the secret of this test'),
    clock: time.clock,
  });
});

const create = (given: { url?: string; events?: string[] } = {}) =>
  accountWebhooks.create(callerOf(account), { url, ...given });
const createOnce = (once: IdempotentRequest, given: { url?: string } = {}) =>
  idempotency.once(once, (seal) => accountWebhooks.create(callerOf(account), { url, ...given }, seal));
const request = (identity: string): IdempotentRequest => ({ scope: 'account', key: 'key', identity });
const codeOf = async (work: () => unknown) => (await failureOf(work)).code;

describe('a webhook', () => {
  test('gets all events if it names none', async () => {
    const webhook = await create();
    expect(webhook).toMatchObject({ url, active: true, accountId: account.id, createdAt: time.now });
    expect(webhook.id).toMatch(/^wh_[0-9a-f]{32}$/);
    expect(webhook.events.toSorted()).toEqual([
      'object.created',
      'object.deleted',
      'object.expired',
      'upload.completed',
    ]);
    expect(await accountWebhooks.find(account, webhook.id)).toEqual(webhook);
  });

  test.each([[[]], [['object.read']], [['object.created', 'object.created']], [['*']]])(
    'cannot have the events %j',
    async (events) => {
      expect(await failureOf(() => create({ events }))).toMatchObject({ code: 'invalid', field: 'events' });
      const { id } = await create();
      const change = () => accountWebhooks.update(callerOf(account), id, { events });
      expect(await failureOf(change)).toMatchObject({ code: 'invalid', field: 'events' });
    },
  );

  test.each([
    '',
    'receiver.example',
    'ftp://receiver.example/',
    'https://user:secret@receiver.example/',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://[::ffff:10.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
    'https://private.example/',
    'https://mixed.example/',
    `https://receiver.example/${'x'.repeat(2048)}`,
  ])('cannot have the URL %s', async (refused) => {
    expect(await failureOf(() => create({ url: refused }))).toMatchObject({ code: 'invalid', field: 'url' });
    const { id } = await create();
    const change = () => accountWebhooks.update(callerOf(account), id, { url: refused });
    expect(await failureOf(change)).toMatchObject({ code: 'invalid', field: 'url' });
    expect(await accountWebhooks.find(account, id)).toMatchObject({ url });
  });

  test('may have an unknown name, because it is looked up again with every call', async () => {
    expect(await create({ url: 'https://soon.example/' })).toMatchObject({ url: 'https://soon.example/' });
  });

  test('is changed only in the given fields', async () => {
    const webhook = await create();
    const changes = { events: ['object.deleted'], active: false };
    expect(await accountWebhooks.update(callerOf(account), webhook.id, changes)).toEqual({
      ...webhook,
      ...changes,
    });
    const moved = { url: 'https://receiver.example/elsewhere' };
    expect(await accountWebhooks.update(callerOf(account), webhook.id, moved)).toEqual({
      ...webhook,
      ...changes,
      ...moved,
    });
  });

  test('is not found by another account, nor after its removal', async () => {
    const { id } = await create();
    const calls = (of: StoredAccount) => [
      () => accountWebhooks.find(of, id),
      () => accountWebhooks.update(callerOf(of), id, {}),
      () => accountWebhooks.remove(of, id),
      () => accountWebhooks.deliveries(of, id, {}),
      () => accountWebhooks.redeliver(of, id, 'msg_x'),
    ];
    for (const call of calls(other)) expect(await codeOf(call)).toBe('webhook_not_found');
    await accountWebhooks.remove(account, id);
    for (const call of calls(account)) expect(await codeOf(call)).toBe('webhook_not_found');
  });

  test('is one of twenty at most, also if sixteen are created concurrently, again and again', async () => {
    const all: PromiseSettledResult<unknown>[] = [];
    for (let round = 0; round < 3; round += 1)
      all.push(...(await Promise.allSettled(Array.from({ length: 16 }, () => create()))));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    for (const each of all)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'objects_exceeded' });
    const { entries: webhooks } = await accountWebhooks.list(account, {});
    expect(webhooks).toHaveLength(20);
    expect(await accountWebhooks.create(callerOf(other), { url })).toMatchObject({ url });
    await accountWebhooks.remove(account, webhooks[0]?.id ?? '');
    expect(await create()).toMatchObject({ url });
  });
});

describe('a list', () => {
  test('of webhooks is complete over its pages, the oldest first, while some are added and removed', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.push((await create()).id);
      time.now += 1;
    }
    const first = await accountWebhooks.list(account, { limit: 2 });
    await accountWebhooks.remove(account, ids[1] ?? '');
    const added = await create();
    const second = await accountWebhooks.list(account, { limit: 2, cursor: first.cursor ?? '' });
    const third = await accountWebhooks.list(account, { limit: 2, cursor: second.cursor ?? '' });
    const listed = [first, second, third].flatMap(({ entries }) => entries.map(({ id }) => id));
    expect(listed).toEqual([...ids, added.id]);
    expect(third.cursor).toBeNull();
    expect(await codeOf(() => accountWebhooks.list(other, { cursor: first.cursor ?? '' }))).toBe('invalid');
  });

  test.each([0, -1, 1.5, 1001, Number.NaN])('of %p entries is rejected', async (limit) => {
    const { id } = await create();
    for (const list of [
      () => accountWebhooks.list(account, { limit }),
      () => accountWebhooks.deliveries(account, id, { limit }),
    ])
      expect(await failureOf(list)).toMatchObject({ code: 'invalid', field: 'limit' });
  });
});

describe('an idempotent request', () => {
  test('to create a webhook creates one, and its secret is returned again', async () => {
    const first = await createOnce(request('create'));
    const again = await createOnce(request('create'));
    expect(again).toEqual({ result: first.result, replayed: true });
    expect((await accountWebhooks.list(account, {})).entries).toHaveLength(1);
    expect(await codeOf(() => createOnce(request('other')))).toBe('idempotency_conflict');
  });

  test('to remove one succeeds again, and to change one is replayed', async () => {
    const { id } = await create();
    const deactivate = () =>
      idempotency.once({ ...request('x'), key: 'change' }, (seal) =>
        accountWebhooks.update(callerOf(account), id, { active: false }, seal),
      );
    const remove = () =>
      idempotency.once({ ...request('x'), key: 'remove' }, (seal) =>
        accountWebhooks.remove(account, id, seal),
      );
    const changed = await deactivate();
    await accountWebhooks.update(callerOf(account), id, { active: true });
    const again = await deactivate();
    expect(again).toEqual({ result: changed.result, replayed: true });
    expect((await accountWebhooks.find(account, id)).active).toBe(true);
    await remove();
    expect<Outcome<unknown>>(await remove()).toEqual({ result: null, replayed: true });
  });

  test('that is rejected may be made again', async () => {
    expect(await codeOf(() => createOnce(request('x'), { url: 'x' }))).toBe('invalid');
    expect((await createOnce(request('y'))).result).toMatchObject({ url });
  });

  test('to redeliver makes a delivery due once', async () => {
    const { id } = await create();
    const event = { id: 'msg_1', webhookId: id, event: 'object.created', subject: 'b/k', body: '{}' };
    const writes = new GroupCommit(stores.connection.raw);
    await writes.atomic((tx) => stores.outbox.enter(tx, { ...event, createdAt: time.now }));
    await accountWebhooks.update(callerOf(account), id, { active: true });
    const before = stores.entered.times;
    const redeliver = () =>
      idempotency.once(request('x'), (seal) => accountWebhooks.redeliver(account, id, 'msg_1', seal));
    const first = await redeliver();
    const again = await redeliver();
    expect(again).toEqual({ result: first.result, replayed: true });
    expect(stores.entered.times).toBe(before + 1);
    expect(await codeOf(() => accountWebhooks.redeliver(account, id, 'msg_2'))).toBe('delivery_not_found');
    await accountWebhooks.update(callerOf(account), id, { active: false });
    expect(await codeOf(() => accountWebhooks.redeliver(account, id, 'msg_1'))).toBe('invalid');
  });
});
