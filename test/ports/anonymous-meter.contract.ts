import { beforeEach, describe, expect, test } from 'bun:test';
import { anonymousAccount, isAnonymous } from '../../src/core/accounts/anonymous.ts';
import { newHashId } from '../../src/core/ids.ts';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { AnonymousMeter } from '../../src/core/ports/content/storage-meter.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { callers, race } from './race.ts';
import { inlineContent, someAccount, someConfirmation } from './some-object.ts';
import { somePayload } from './some-payload.ts';
import {
  blobObject,
  blobPayload,
  inlinePayload,
  later,
  newAccount,
  newBlob,
  newUpload,
  now,
  payloadInParts,
  type RowStores,
  receive,
  receivePart,
  uploadInParts,
} from './stored-rows.ts';

type Stores = RowStores & { meter: AnonymousMeter };

const claimHash = new Uint8Array(32);
const owner = { email: 'owner@example.com', plan: 'free', expiresAt: null };

const accounts = {
  'a guest': { account: someAccount({ name: null, plan: 'guest', claimHash }), expected: true },
  'an account that the operator made': {
    account: someAccount({ name: 'acme', plan: 'unlimited' }),
    expected: false,
  },
  'an account that the operator made with the plan of claimed accounts': {
    account: someAccount({ name: 'shop', plan: 'free' }),
    expected: false,
  },
  'the account of uploads without an account': { account: anonymousAccount(now), expected: true },
};

/** The contract of every meter of what anonymous callers store (`src/core/ports/content/storage-meter.ts`). */
export function anonymousMeterContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    let guest: NewAccount;
    let named: NewAccount;
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
      guest = await newAccount(stores);
      named = await newAccount(stores, { name: 'named', plan: 'free' });
    });
    const bytes = (of = stores) => of.meter.anonymousBytes();

    describe('who is an anonymous caller, for the store and for the core', () => {
      for (const [who, { account, expected }] of Object.entries(accounts))
        test(`${who}: ${expected}`, async () => {
          await stores.accounts.insert(account);
          const found = [isAnonymous(account), await stores.meter.isAnonymous(account.id)];
          expect(found).toEqual([expected, expected]);
        });

      test('a guest whose account was claimed: true', async () => {
        const { account } = accounts['a guest'];
        await stores.accounts.insert(account);
        expect(await stores.accounts.claim(claimHash, owner, now)).toBe(true);
        const claimed = await stores.accounts.find(account.id);
        expect(claimed && isAnonymous(claimed)).toBe(true);
        expect(await stores.meter.isAnonymous(account.id)).toBe(true);
      });

      test('an unknown account: false', async () => {
        expect(await stores.meter.isAnonymous('unknown')).toBe(false);
      });
    });

    describe('the bytes of anonymous callers', () => {
      test('are those of payloads without an account and of guests, in blobs and inline', async () => {
        expect(await bytes()).toBe(0);
        const inline = await inlinePayload(stores, 1000);
        const blob = await blobPayload(stores, 200);
        const ofGuest = await inlinePayload(stores, 30, { accountId: guest.id });
        await inlinePayload(stores, 4, { expiresAt: now });
        expect(await bytes()).toBe(1234);
        await inlinePayload(stores, 7, { accountId: named.id });
        await blobPayload(stores, 7, { accountId: named.id });
        expect(await bytes()).toBe(1234);
        await stores.payloads.remove(inline.id, now);
        expect(await bytes()).toBe(234);
        await stores.payloads.remove(blob.id, now);
        await stores.payloads.remove(ofGuest.id, now);
        expect(await bytes()).toBe(4);
        await stores.payloads.expire(now, 10);
        expect(await bytes()).toBe(0);
      });

      test('include a payload with counted reads until its last read', async () => {
        const { id } = await inlinePayload(stores, 10, { readsLeft: 2 });
        await stores.payloads.takeRead(id, now);
        expect(await bytes()).toBe(10);
        await stores.payloads.takeRead(id, now);
        expect(await bytes()).toBe(0);
      });

      test('include an upload of a guest once its bytes arrive, not its reservation', async () => {
        const upload = await newUpload(stores, guest);
        expect(await bytes()).toBe(0);
        await receive(stores, upload, inlineContent(100));
        expect(await bytes()).toBe(100);
        await receive(stores, upload, (await newBlob(stores, 100)).placed);
        expect(await bytes()).toBe(100);
        await stores.uploads.completeFile(upload, 'received', someConfirmation());
        expect(await bytes()).toBe(100);
        await stores.objects.remove(upload.id, now);
        expect(await bytes()).toBe(0);
      });

      test('include parts as they arrive, and the payload that they become', async () => {
        const { upload } = await uploadInParts(stores, guest, [10, 5]);
        expect(await bytes()).toBe(15);
        await receivePart(stores, upload, 1, 7, 'another');
        expect(await bytes()).toBe(12);
        await stores.uploads.abort(upload.id, now);
        expect(await bytes()).toBe(0);
        const { payload } = await payloadInParts(stores, guest, [10, 5], { accountId: null });
        expect(await bytes()).toBe(15);
        await stores.payloads.remove(payload.id, now);
        expect(await bytes()).toBe(0);
      });

      test('include direct uploads from the reservation on', async () => {
        const direct = (size: number) => ({ directKey: newHashId(), declaredSize: size, expiresAt: now + 1 });
        const upload = await newUpload(stores, guest, direct(100), later);
        await newUpload(stores, guest, direct(20), later);
        await newUpload(stores, named, direct(3), later);
        expect(await bytes()).toBe(120);
        const { placed } = await newBlob(stores, 90);
        await stores.uploads.completeFile(upload, placed, someConfirmation());
        expect(await bytes()).toBe(110);
        await stores.uploads.expire(now + 1, 10);
        expect(await bytes()).toBe(90);
      });

      test('stay the same when an account is claimed or gets another plan', async () => {
        const account = await newAccount(stores, { claimHash });
        const object = await blobObject(stores, account, 50);
        await stores.accounts.claim(claimHash, owner, now);
        expect(await bytes()).toBe(50);
        await stores.accounts.setPlan(named.id, 'guest');
        await blobObject(stores, named, 7);
        expect(await bytes()).toBe(50);
        await stores.objects.remove(object.id, now);
        expect(await bytes()).toBe(0);
      });

      test('do not grow for a row that is rejected or already exists', async () => {
        const { id } = await inlinePayload(stores, 10);
        // The meter does not decide whether a conflict of ids is an error or a repetition.
        await stores.payloads.insert(somePayload({ id, size: 10 })).catch(() => false);
        const quota = { maxStoredBytes: 1, maxObjects: null };
        const ofGuest = somePayload({ accountId: guest.id });
        expect(await stores.payloads.insert(ofGuest, undefined, quota)).toBe('bytes_exceeded');
        expect(await bytes()).toBe(10);
      });

      test('are exact far beyond 32 bits', async () => {
        const pebibyte = 1024 ** 5;
        await blobPayload(stores, pebibyte);
        await inlinePayload(stores, 1);
        expect(await bytes()).toBe(pebibyte + 1);
      });
    });

    describe('races of 16 callers', () => {
      test('that store concurrently add all their bytes', async () => {
        const connections = [stores, await openAgain()];
        await race(connections, async (each, caller) => {
          const accountId = [null, guest.id, named.id][caller % 3] ?? null;
          await inlinePayload(each, caller + 1, { accountId });
          await blobPayload(each, 1000, { accountId });
        });
        const expected = Array.from({ length: callers }, (_, caller) =>
          caller % 3 === 2 ? 0 : caller + 1001,
        ).reduce((sum, each) => sum + each, 0);
        for (const each of connections) expect(await bytes(each)).toBe(expected);
      });

      test('that remove the same rows subtract their bytes once', async () => {
        const connections = [stores, await openAgain()];
        await inlinePayload(stores, 1);
        const payload = await inlinePayload(stores, 1000);
        const readOnce = await inlinePayload(stores, 200, { readsLeft: 1 });
        const object = await blobObject(stores, guest, 30);
        const direct = await newUpload(stores, guest, { directKey: newHashId() }, later);
        await race(connections, async (each) =>
          Promise.all([
            each.payloads.remove(payload.id, now),
            each.payloads.takeRead(readOnce.id, now),
            each.objects.remove(object.id, now),
            each.uploads.abort(direct.id, now),
          ]),
        );
        for (const each of connections) expect(await bytes(each)).toBe(1);
      });

      test('that store and sweep concurrently leave the bytes of the remaining rows', async () => {
        const connections = [stores, await openAgain()];
        await race(connections, async (each, caller) => {
          await inlinePayload(each, 10, { expiresAt: caller % 2 === 0 ? now : now + 1 });
          await each.payloads.expire(now, 3);
        });
        await stores.payloads.expire(now, 100);
        for (const each of connections) expect(await bytes(each)).toBe(80);
      });
    });
  });
}
