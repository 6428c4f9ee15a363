import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { newClient as newPutputClient, uploaded } from '../api/putput/client.ts';
import { newClient as newUploadkitClient, uploaded as uploadedByKit } from '../api/uploadkit/client.ts';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { openAccount, storageAccount } from './account-page.ts';

/** Leaves out the error responses, which the browser logs by itself. */
const ownErrors = (errors: string[]) => errors.filter((line) => !/status of 4\d\d/.test(line));

await suiteWith(['chromium'], 'the account page, with errors', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly({ env: { KEY_RATE_LIMIT: '30', GUEST_RATE_LIMIT: '0' } });
  });
  afterAll(() => mayfly.stop());
  const keptKey = (page: Page) => page.evaluate(() => sessionStorage.getItem('mayfly.key'));
  const alert = (page: Page) => page.locator('[role=alert]').first().textContent();

  test('says what is wrong with a key, and does not store a wrong key', async () => {
    const { page, context, conduct } = await openPage();
    await openAccount(page, mayfly.url, 'hello');
    expect(await alert(page)).toBe(
      'This is not a key. Enter one that begins with sk_live_, pp_ or uk_live_.',
    );
    for (const key of [
      'sk_live_wrongwrongwrongwrong',
      'pp_wrongwrongwrongwrong',
      'uk_live_wrongwrongwrongwrong',
    ]) {
      await openAccount(page, mayfly.url, key);
      await page.getByText('The server does not accept this key').waitFor();
      expect(await keptKey(page)).toBeNull();
      expect(await page.inputValue('input[name=key]')).toBe('');
    }
    expect(await violations(page)).toEqual([]);
    expect([conduct.elsewhere, ownErrors(conduct.errors)]).toEqual([[], []]);
    await context.close();
  });

  test('closes the account when its key is revoked', async () => {
    const { key, client } = await storageAccount(mayfly);
    const other = await client.keys.create('of the page');
    const { page, context } = await openPage();
    await openAccount(page, mayfly.url, other.key);
    await page.getByText('Plan: unlimited').waitFor();
    await client.keys.revoke(other.id);
    await page.getByRole('link', { name: 'Buckets' }).click();
    await page.getByText('The server does not accept this key').waitFor();
    expect(await keptKey(page)).toBeNull();
    expect(key).not.toBe(other.key);
    await context.close();
  });

  test('shows missing permissions and exceeded rate limits', async () => {
    const [mine, theirs] = [await storageAccount(mayfly), await storageAccount(mayfly)];
    const bucket = `${theirs.account}-theirs`;
    await theirs.client.buckets.create(bucket);
    const { page, context, conduct } = await openPage();
    await openAccount(page, mayfly.url, mine.key);
    await page.getByText('Plan: unlimited').waitFor();
    await page.goto(`${mayfly.url}/account#buckets/${bucket}`);
    await page.getByText('This key does not have permission to do this.').waitFor();
    await page.goto(`${mayfly.url}/account#buckets/no-such-bucket-at-all`);
    await page.getByText('It no longer exists.').waitFor();
    for (let call = 0; call < 30; call += 1) await mine.client.account.get().catch(() => undefined);
    await page.getByRole('link', { name: 'Keys' }).click();
    await page.getByText(/^Too many requests\. Try again in \d+ seconds?\.$/).waitFor();
    expect(await keptKey(page)).toBe(mine.key);
    expect(await violations(page)).toEqual([]);
    expect([conduct.elsewhere, ownErrors(conduct.errors)]).toEqual([[], []]);
    await context.close();
  });

  test('says that the server does not respond, and recovers when it does', async () => {
    const { key } = await storageAccount(mayfly);
    const { page, context } = await openPage();
    await openAccount(page, mayfly.url, key);
    await page.getByText('Plan: unlimited').waitFor();
    await context.setOffline(true);
    await page.getByRole('link', { name: 'Keys' }).click();
    await page.getByText('The server does not respond.').waitFor();
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText('in use on this page').waitFor();
    await context.close();
  });

  test('shows the files of a token and of an UploadKit key, and deletes them', async () => {
    const putput = await newPutputClient(mayfly.url, '/api/v1');
    const [open, closed] = [
      await uploaded(putput, { filename: 'open.txt' }),
      await uploaded(putput, { filename: 'closed <b>.txt', visibility: 'private' }),
    ];
    const kit = await newUploadkitClient(mayfly);
    const photo = await uploadedByKit(kit);
    const { page, context, conduct } = await openPage({
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    await openAccount(page, mayfly.url, putput.token);
    await page.getByText('2 files shown, 40 bytes').waitFor();
    expect(await page.locator('.entry .name').allTextContents()).toEqual([
      closed.original_name,
      open.original_name,
    ]);
    expect(await violations(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Download ${closed.original_name}` }).click(),
    ]);
    expect(download.suggestedFilename()).toContain('closed');
    await page.getByRole('button', { name: 'Delete open.txt' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('open.txt is deleted.').waitFor();
    expect((await fetch(open.public_url ?? '')).status).toBe(404);

    await page.getByRole('button', { name: 'Forget the key' }).click();
    await openAccount(page, mayfly.url, kit.key);
    const link = page.getByRole('link', { name: `Open ${photo.name}` });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe(photo.url);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: `Delete ${photo.name}` }).click();
    await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nothing here yet.').waitFor();
    expect((await fetch(photo.url)).status).toBe(404);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('says without JavaScript why it shows nothing', async () => {
    const { page, context } = await openPage({ javaScriptEnabled: false, locale: 'fr' });
    await page.goto(`${mayfly.url}/account`);
    expect(await page.isVisible('.needs-script')).toBe(true);
    expect(await page.textContent('.needs-script')).toContain('Cette page a besoin de JavaScript');
    expect(await page.locator('input').count()).toBe(0);
    await context.close();
  });
});
