import { beforeEach, describe, expect, test } from 'bun:test';
import type { AccountStore } from '../../src/core/ports/accounts/account-store.ts';
import type { FileRoute, FileRouteStore } from '../../src/core/ports/files/file-route-store.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import type { Outbox } from '../../src/core/ports/webhooks/outbox.ts';
import { claimDue } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { inlineContent, noQuota, someAccount, someConfirmation, someUpload } from './some-object.ts';

type FileRouteStoreUnderTest = {
  accounts: AccountStore;
  uploads: UploadStore;
  outbox: Outbox;
  fileRoutes: FileRouteStore;
};

const now = Date.UTC(2025, 2, 1);

/** The contract of every store of file routes (`src/core/ports/files/file-route-store.ts`). */
export function fileRouteStoreContract(name: string, open: Open<FileRouteStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: FileRouteStoreUnderTest;
    let fileRoutes: FileRouteStore;
    const one = someAccount({ name: 'one' });
    const two = someAccount({ name: 'two' });
    beforeEach(async () => {
      ({ stores } = await openStores());
      fileRoutes = stores.fileRoutes;
      await stores.accounts.insert(one);
      await stores.accounts.insert(two);
    });

    /** The route of docs/contract/uploadkit.md, "Example", unless overridden. */
    const someRoute = (given: Partial<FileRoute> = {}): FileRoute => ({
      accountId: one.id,
      slug: 'imageUploader',
      maxSize: 4_000_000,
      types: ['image/*'],
      webhook: null,
      createdAt: now,
      ...given,
    });

    /** Whether a webhook exists: events for a removed one are dropped. */
    async function isWebhook(webhookId: string): Promise<boolean> {
      const upload = someUpload(one);
      await stores.uploads.start(upload, noQuota);
      await stores.uploads.receive(upload.id, inlineContent(100), now);
      const event = {
        id: crypto.randomUUID(),
        webhookId,
        event: 'upload.completed',
        subject: null,
        body: '{}',
        createdAt: now,
      };
      await stores.uploads.completeFile(upload, 'received', someConfirmation(), event);
      const due = await claimDue(stores.outbox, now, 1);
      return due.some(({ id }) => id === event.id);
    }

    test('a route is found as inserted, with and without a webhook', async () => {
      const plain = someRoute({ types: [] });
      const notifying = someRoute({
        slug: 'notifying',
        webhook: { id: 'hook', url: 'https://example.com/hook?a=1' },
      });
      expect(await fileRoutes.insert(plain)).toBe('inserted');
      expect(await fileRoutes.insert(notifying)).toBe('inserted');
      expect(await fileRoutes.find(one.id, 'imageUploader')).toMatchObject(plain);
      expect(await fileRoutes.find(one.id, 'notifying')).toMatchObject(notifying);
    });

    test('a slug belongs to one account, and another account can use the same one', async () => {
      await fileRoutes.insert(someRoute({ maxSize: 1 }));
      expect(await fileRoutes.find(two.id, 'imageUploader')).toBeUndefined();
      expect(await fileRoutes.insert(someRoute({ accountId: two.id, maxSize: 2 }))).toBe('inserted');
      expect((await fileRoutes.find(one.id, 'imageUploader'))?.maxSize).toBe(1);
      expect(await fileRoutes.find(one.id, 'imageuploader')).toBeUndefined();
    });

    test('two concurrent inserts of one slug create one route, without the webhook of the other', async () => {
      const ids = ['first', 'second'];
      const routes = ids.map((id) => someRoute({ webhook: { id, url: `https://${id}.example` } }));
      const made = await Promise.all(routes.map((route) => fileRoutes.insert(route)));
      expect(made.toSorted()).toEqual(['exists', 'inserted']);
      const id = ids[made.indexOf('inserted')];
      expect((await fileRoutes.find(one.id, 'imageUploader'))?.webhook?.id).toBe(id);
      for (const each of ids) expect(await isWebhook(each)).toBe(each === id);
    });

    test('routes are listed with the names of their accounts, in order', async () => {
      await fileRoutes.insert(someRoute({ accountId: two.id, slug: 'a' }));
      await fileRoutes.insert(someRoute({ slug: 'c', webhook: { id: 'hook', url: 'https://example.com' } }));
      await fileRoutes.insert(someRoute({ slug: 'b' }));
      const listed = await fileRoutes.list();
      expect(listed.map(({ accountName, slug }) => `${accountName} ${slug}`)).toEqual([
        'one b',
        'one c',
        'two a',
      ]);
      expect(listed.map(({ webhook }) => webhook?.url ?? null)).toEqual([null, 'https://example.com', null]);
    });

    test('removing a route removes its webhook', async () => {
      await fileRoutes.insert(someRoute({ webhook: { id: 'hook', url: 'https://example.com' } }));
      await fileRoutes.insert(
        someRoute({ slug: 'other', webhook: { id: 'other', url: 'https://b.example' } }),
      );
      expect(await isWebhook('hook')).toBe(true);
      expect(await fileRoutes.remove(two.id, 'imageUploader')).toBe(false);
      expect(await fileRoutes.remove(one.id, 'imageUploader')).toBe(true);
      expect(await fileRoutes.remove(one.id, 'imageUploader')).toBe(false);
      expect(await fileRoutes.find(one.id, 'imageUploader')).toBeUndefined();
      expect(await isWebhook('hook')).toBe(false);
      expect(await isWebhook('other')).toBe(true);
      expect(await fileRoutes.insert(someRoute())).toBe('inserted');
    });

    test('removing a route leaves the deliveries of its webhook to the sweep', async () => {
      const { outbox } = stores;
      await fileRoutes.insert(someRoute({ webhook: { id: 'hook', url: 'https://example.com' } }));
      expect(await isWebhook('hook')).toBe(true);
      await fileRoutes.remove(one.id, 'imageUploader');
      expect(await outbox.countPending()).toBe(1);
      expect(await outbox.removeOld(0, 10)).toEqual({ removed: 1, isDone: true });
      expect(await outbox.countPending()).toBe(0);
    });

    test('removing an account removes its routes and webhooks', async () => {
      const ending = someAccount({ expiresAt: now });
      await stores.accounts.insert(ending);
      const webhook = { id: 'ends', url: 'https://example.com' };
      await fileRoutes.insert(someRoute({ accountId: ending.id, webhook }));
      expect(await stores.accounts.expire(now, 10)).toEqual({ removed: 1, isDone: true });
      expect(await fileRoutes.list()).toEqual([]);
      expect(await isWebhook('ends')).toBe(false);
    });
  });
}
