import { afterAll, beforeAll, expect, test } from 'bun:test';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { openAccount, storageAccount, tabTo } from './account-page.ts';

const clean = { errors: [], elsewhere: [] };

await suiteWith(['chromium'], 'the account page', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly({ env: { KEY_RATE_LIMIT: '0', WEBHOOK_ALLOW_PRIVATE: 'true' } });
  });
  afterAll(() => mayfly.stop());
  const keptKey = (page: Page) => page.evaluate(() => sessionStorage.getItem('mayfly.key'));
  const entries = (page: Page) => page.locator('.entry .name').allTextContents();
  const focusedIs = (page: Page, selector: string) =>
    page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

  test('works by keyboard: creates a bucket, uploads a file, creates a key and forgets the key', async () => {
    const { account, key, client } = await storageAccount(mayfly);
    const { page, context, conduct } = await openPage();
    await page.goto(`${mayfly.url}/account`);
    await page.waitForSelector('input[name=key]');
    const field = page.locator('input[name=key]');
    expect(await field.getAttribute('type')).toBe('password');
    expect(await field.getAttribute('autocomplete')).toBe('off');
    await tabTo(page, 'Key');
    await page.keyboard.type(key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: account }).waitFor();
    expect(await keptKey(page)).toBe(key);
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    expect(await context.cookies()).toEqual([]);

    await tabTo(page, 'Buckets');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing here yet.').waitFor();
    const bucket = `${account}-photos`;
    await tabTo(page, 'Name');
    await page.keyboard.type(bucket);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: bucket }).waitFor();
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(bucket);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Upload files' }).waitFor();
    await tabTo(page, 'Upload files');
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')]);
    await chooser.setFiles([
      { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('one') },
      { name: 'b.txt', mimeType: 'text/plain', buffer: Buffer.from('two') },
    ]);
    await page.getByText('b.txt was uploaded.').waitFor();
    await page.getByText('b.txt', { exact: true }).waitFor();
    expect(await text((await client.objects.get(bucket, 'a.txt')).stream)).toBe('one');

    await tabTo(page, 'Delete a.txt');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    await tabTo(page, 'Delete');
    await page.keyboard.press('Enter');
    await page.getByText('a.txt is deleted.').waitFor();
    expect(await entries(page)).toEqual(['b.txt']);
    expect((await client.objects.list(bucket)).data.map(({ key }) => key)).toEqual(['b.txt']);

    await page.goBack();
    await page.getByRole('heading', { name: 'Buckets' }).waitFor();
    await tabTo(page, 'Keys');
    await page.keyboard.press('Enter');
    await page.getByText('in use on this page').waitFor();
    await tabTo(page, 'Name (optional)');
    await page.keyboard.type('for the backup');
    await page.keyboard.press('Enter');
    const secret = await page.inputValue('dialog[open] input');
    expect(secret).toStartWith('sk_live_');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(await focusedIs(page, 'input[name=name]')).toBe(true);
    expect(await page.content()).not.toContain(secret);
    await page.getByRole('button', { name: 'Revoke for the backup' }).waitFor();
    await tabTo(page, 'Revoke for the backup');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    await tabTo(page, 'Revoke');
    await page.keyboard.press('Enter');
    await page.getByText('for the backup is revoked.').waitFor();
    expect((await client.keys.list()).data).toHaveLength(1);

    await page.locator('a.brand').focus();
    await tabTo(page, 'Forget the key');
    await page.keyboard.press('Enter');
    await page.getByText('The key was removed from this tab.').waitFor();
    expect(await keptKey(page)).toBeNull();
    expect(await page.content()).not.toContain(key);
    expect(conduct).toEqual(clean);
    await context.close();
  });

  test('shows objects by folders and list pages, downloads them, and replaces none', async () => {
    const { account, key, client } = await storageAccount(mayfly);
    const bucket = `${account}-files`;
    await client.buckets.create(bucket);
    const put = (name: string) => client.objects.put(bucket, name, new Blob([name]), { type: 'text/plain' });
    const odd = 'odd/with spaces/é #?&%<b>.txt';
    await Promise.all(
      Array.from({ length: 53 }, (_, index) => put(`many/${String(index).padStart(2, '0')}.txt`)),
    );
    await Promise.all([put('top.txt'), put(odd)]);
    const { page, context, conduct } = await openPage({ viewport: { width: 360, height: 740 } });
    await openAccount(page, mayfly.url, key);
    await page.getByRole('link', { name: 'Buckets' }).click();
    await page.getByRole('link', { name: bucket }).click();
    await page.getByText('top.txt').waitFor();
    expect(await entries(page)).toEqual(['many/', 'odd/', 'top.txt']);

    await page.getByRole('link', { name: 'many/' }).click();
    await page.getByText('00.txt').waitFor();
    expect(await entries(page)).toHaveLength(50);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('52.txt').waitFor();
    expect(await entries(page)).toHaveLength(53);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
    expect(await violations(page)).toEqual([]);

    await page.locator('.where').getByRole('link', { name: bucket }).click();
    await page.getByRole('link', { name: 'odd/' }).click();
    await page.getByRole('link', { name: 'with spaces/' }).click();
    const [, name = ''] = /([^/]+)$/.exec(odd) ?? [];
    await page.getByText(name).waitFor();
    // A reload shows the same folder, by the URL only.
    await page.reload();
    await page.getByText(name).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(await text(await download.createReadStream())).toBe(odd);
    await page.setInputFiles('input[type=file]', {
      name,
      mimeType: 'text/plain',
      buffer: Buffer.from('other'),
    });
    await page.getByText('already exists').waitFor();
    expect(await text((await client.objects.get(bucket, odd)).stream)).toBe(odd);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(conduct.elsewhere).toEqual([]);
    // The browser logs the rejected upload by itself.
    expect(conduct.errors.filter((line) => !line.includes('412'))).toEqual([]);
    await context.close();
  });

  test('shows when an object was created, also after it was replaced', async () => {
    const { account, key, client } = await storageAccount(mayfly);
    const bucket = `${account}-times`;
    await client.buckets.create(bucket);
    await client.objects.put(bucket, 'old.txt', new Blob(['old']), { type: 'text/plain' });
    const { page, context } = await openPage();
    // A replacement years later, which a real server cannot have.
    await page.route(`**/v1/buckets/${bucket}/objects?*`, async (route) => {
      const response = await route.fetch();
      const list = (await response.json()) as { data: object[] };
      const times = { createdAt: '2020-06-15T12:00:00Z', updatedAt: '2024-06-15T12:00:00Z' };
      await route.fulfill({
        response,
        json: { ...list, data: list.data.map((object) => ({ ...object, ...times })) },
      });
    });
    await openAccount(page, mayfly.url, key);
    await page.getByRole('link', { name: 'Buckets' }).click();
    await page.getByRole('link', { name: bucket }).click();
    await page.getByText(/created .*2020/).waitFor();
    expect(await page.getByText('2024').count()).toBe(0);
    await context.close();
  });

  test('shows webhooks and their deliveries, pauses them, and sends deliveries again', async () => {
    const { account, key, client } = await storageAccount(mayfly);
    const bucket = `${account}-watched`;
    await client.buckets.create(bucket);
    let secret = '';
    const receiver = await startWebhookReceiver(() => secret);
    const { page, context, conduct } = await openPage();
    await openAccount(page, mayfly.url, key);
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.fill('input[name=url]', receiver.url);
    for (const event of ['object.deleted', 'object.expired', 'upload.completed'])
      await page.getByLabel(event).uncheck();
    await page.getByRole('button', { name: 'Create' }).click();
    secret = await page.inputValue('dialog[open] input');
    expect(secret).toStartWith('whsec_');
    await page.locator('dialog').getByRole('button', { name: 'Close' }).click();
    await page.locator('.entry').getByText(receiver.url).waitFor();
    expect((await client.webhooks.list()).data).toMatchObject([
      { url: receiver.url, events: ['object.created'] },
    ]);
    expect(await violations(page)).toEqual([]);

    await client.objects.put(bucket, 'a.txt', new Blob(['a']));
    await waitFor('the delivery', () => receiver.calls.length === 1);
    expect(receiver.calls[0]?.isVerified).toBe(true);
    await page.getByRole('link', { name: `Deliveries to ${receiver.url}` }).click();
    const reload = page.getByRole('button', { name: 'Reload' });
    const isDelivered = async () => {
      await reload.click();
      return (await page.locator('.entry .status.delivered').count()) === 1;
    };
    await waitFor('the delivery to be reported', isDelivered, { everyMs: 200 });
    expect(await page.locator('.entry').textContent()).toMatch(
      /object\.created delivered.*1 attempt.*last response 200/,
    );
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: /^Send again: object.created of / }).click();
    await page.getByText('The delivery was queued again.').waitFor();
    await waitFor('the second call', () => receiver.calls.length === 2);
    expect(receiver.calls[1]?.id).toBe(receiver.calls[0]?.id);

    await page.getByRole('link', { name: 'All webhooks' }).click();
    await page.getByRole('button', { name: `Pause ${receiver.url}` }).click();
    await page.locator('.entry').getByText('paused', { exact: true }).waitFor();
    expect((await client.webhooks.list()).data[0]?.active).toBe(false);
    await page.getByRole('button', { name: `Resume ${receiver.url}` }).click();
    await page.getByText('active', { exact: true }).waitFor();
    await page.getByRole('button', { name: `Delete ${receiver.url}` }).click();
    await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nothing here yet.').waitFor();
    expect((await client.webhooks.list()).data).toEqual([]);
    expect(conduct).toEqual(clean);
    await context.close();
    await receiver.stop();
  });

  test('draws the usage, with a text alternative, light and dark and on a phone', async () => {
    const { account, key, client } = await storageAccount(mayfly, 'free');
    const bucket = `${account}-stored`;
    await client.buckets.create(bucket);
    await client.objects.put(bucket, 'a', new Blob([new Uint8Array(1024 * 1024)]));
    const { limits } = await client.account.get();
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context, conduct } = await openPage({
        colorScheme,
        viewport: { width: 360, height: 740 },
      });
      await page.goto(`${mayfly.url}/account`);
      await page.waitForSelector('input[name=key]');
      expect(await violations(page)).toEqual([]);
      await openAccount(page, mayfly.url, key);
      const picture = page.getByRole('img', { name: /^Stored: / });
      await picture.waitFor();
      expect(limits.storageBytes).toBe(10 * 1024 ** 3);
      expect(await picture.getAttribute('aria-label')).toBe('Stored: 1 MiB of 10 GiB');
      expect(await picture.textContent()).toBe('0%');
      const words = await page.locator('.overview').textContent();
      expect(words).toMatch(/Plan: free.*1 MiB of 10 GiB.*1 object.*Requests: \d+.*Received: .*Sent: /);
      expect(await violations(page)).toEqual([]);
      for (const section of ['Buckets', 'Keys', 'Webhooks']) {
        await page.getByRole('link', { name: section }).click();
        await page.getByRole('heading', { name: section, exact: true }).waitFor();
        await page.locator('.listing[aria-busy=false]').waitFor();
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      }
      expect(conduct).toEqual(clean);
      await context.close();
    }
  });
});
