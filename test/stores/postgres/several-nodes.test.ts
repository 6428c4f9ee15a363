import { beforeEach, expect, test } from 'bun:test';
import { newHashId } from '../../../src/core/ids.ts';
import type { NewAccount } from '../../../src/core/ports/accounts/account-store.ts';
import type { Change } from '../../../src/core/ports/changes.ts';
import { claimDue, leaseTime } from '../../ports/claims.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { callers, race } from '../../ports/race.ts';
import { someAccount, someKey } from '../../ports/some-object.ts';
import { newAccount, objectInParts, payloadInParts, uploadInParts } from '../../ports/stored-rows.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { openerOf } from './open-postgres-stores.ts';
import { announcingStores } from './postgres-outbox.ts';

const now = Date.UTC(2025, 2, 1);
const grace = 6 * 3_600_000;

/** docs/postgresql.md, "Several servers" */
await suiteWithPostgres('the parts of removed content, on several nodes', () => {
  const connections = openedForSuite(
    openerOf((stores) => stores, sharedPostgres, grace),
    2,
  );
  let account: NewAccount;
  let before: { blobBytes: number; anonymousBytes: number };
  const held = async () => {
    const { meter } = connections()[0];
    return { blobBytes: (await meter.usage()).blobBytes, anonymousBytes: await meter.anonymousBytes() };
  };
  const plus = (blobBytes: number, anonymousBytes = 0) => ({
    blobBytes: before.blobBytes + blobBytes,
    anonymousBytes: before.anonymousBytes + anonymousBytes,
  });
  beforeEach(async () => {
    account = await newAccount(connections()[0], { name: `acme ${newHashId()}` });
    before = await held();
  });

  /** Expects that blobs are due only after the grace, and count as stored until they were removed. */
  async function expectKept(keys: string[], bytes: number, anonymousBytes: number): Promise<void> {
    const [{ journal, inventory }, other] = connections();
    expect(await held()).toEqual(plus(bytes, anonymousBytes));
    expect(await inventory.wrongUsage()).toEqual([]);
    expect(await other?.journal.claimDue(now + grace - 1, leaseTime, 100)).toEqual([]);
    const claimed = (await other?.journal.claimDue(now + grace, leaseTime, 100)) ?? [];
    expect(claimed.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    expect(await held()).toEqual(plus(bytes, anonymousBytes));
    // A late claimer does not count them a second time.
    await journal.forget(claimed, now + grace);
    await journal.forget(claimed, now + grace);
    expect(await held()).toEqual(plus(0));
    expect(await inventory.wrongUsage()).toEqual([]);
  }

  test('an object of an account', async () => {
    const [stores] = connections();
    const { object, keys } = await objectInParts(stores, account, [10, 10, 5]);
    await stores.objects.remove(object.id, now);
    expect(await stores.accounts.usage(account.id)).toMatchObject({ storedBytes: 0, storedObjects: 0 });
    await expectKept(keys, 25, 0);
  });

  test('an object of a guest', async () => {
    const [stores] = connections();
    const guest = await newAccount(stores);
    const { object, keys } = await objectInParts(stores, guest, [10, 5]);
    await stores.objects.remove(object.id, now);
    await expectKept(keys, 15, 15);
  });

  test('a payload without an account, by its last read', async () => {
    const [stores] = connections();
    const guest = await newAccount(stores);
    const { payload, keys } = await payloadInParts(stores, guest, [10, 10], { readsLeft: 1 });
    expect(await stores.payloads.takeRead(payload.id, now)).toBe(0);
    await expectKept(keys, 20, 20);
  });

  test('but not the parts of an upload, which nobody reads', async () => {
    const [stores] = connections();
    const { upload, keys } = await uploadInParts(stores, account, [10, 10]);
    await stores.uploads.abort(upload.id, now);
    expect(await held()).toEqual(plus(0));
    const claimed = await stores.journal.claimDue(now, leaseTime, 100);
    expect(claimed.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    await stores.journal.forget(claimed, now);
  });
});

/** docs/postgresql.md, "Several servers" */
await suiteWithPostgres('webhooks of several nodes', () => {
  const connections = openedForSuite(openerOf(announcingStores), 3);

  test('are called by one node at a time', async () => {
    const [stores] = connections();
    const account = someAccount();
    await stores.accounts.insert(account);
    const webhook = {
      ...{ id: `wh_${newHashId()}`, accountId: account.id, url: 'https://example.com/hook' },
      ...{ events: ['object.created'], active: true, createdAt: now },
    };
    await stores.webhooks.insert(webhook, 10);
    const subjects = Array.from({ length: 20 }, (_, n) => `bucket/${n}`);
    for (const subject of subjects)
      await stores.announce(account.id, 'object.created', subject, now, () => '{}');
    let calls = 0;
    const sent: (string | null)[] = [];
    await race(connections(), async ({ outbox }, caller) => {
      while (sent.length < subjects.length)
        for (const delivery of await claimDue(outbox, now, leaseTime)) {
          calls += 1;
          expect(calls).toBe(1);
          sent.push(delivery.subject);
          await new Promise((resolve) => setTimeout(resolve, 1));
          calls -= 1;
          if (caller < callers / 2) await outbox.delivered(delivery, 200, now);
          else await outbox.failed(delivery, 500, now + 5000, now);
        }
    });
    // In the order of their events, since none waits for another try.
    expect(sent).toEqual(subjects);
  });
});

await suiteWithPostgres('the keys of several nodes', () => {
  const connections = openedForSuite(openerOf((stores) => stores));

  test('stay cached on the others when they are used', async () => {
    const [{ accounts, changes }] = connections();
    const account = someAccount();
    const key = someKey(account.id);
    await accounts.insert(account, key);
    const announced: Change[] = [];
    changes.subscribe((change) => announced.push(change));
    await accounts.touchKeys([{ id: key.id, lastUsedAt: now }]);
    expect(announced).toEqual([]);
    expect((await accounts.findCredential(key.hash))?.key.lastUsedAt).toBe(now);
    await accounts.revokeKey(key.id, now);
    expect(announced).toEqual([{ table: 'credentials', key: undefined }]);
  });
});
