import { afterAll, beforeAll, expect, test } from 'bun:test';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import type { KeptPaste } from '../../src/web/kept/pastes.ts';
import { violations } from '../support/accessibility.ts';
import { openPage, watchConduct } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';

const hour = 3_600_000;
const clean = { errors: [], elsewhere: [] };

await suiteWith(['chromium'], 'my pastes', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  /** Shares something, and resolves to the entry for the list. */
  async function shared(name: string, changes: Partial<KeptPaste> = {}): Promise<KeptPaste> {
    const reads: Record<string, string> = changes.maxReads ? { 'X-Max-Reads': String(changes.maxReads) } : {};
    const response = await fetch(`${mayfly.url}/${name}`, {
      method: 'PUT',
      headers: { Accept: 'application/json', ...reads },
      body: 'content',
    });
    const { hash_id, url, delete_token, expiry_time } = (await response.json()) as Record<string, string>;
    return {
      id: hash_id ?? '',
      url: url ?? '',
      name,
      type: 'text/plain',
      size: 7,
      createdAt: Date.now(),
      expiresAt: Date.parse(expiry_time ?? ''),
      maxReads: null,
      deleteToken: delete_token ?? '',
      sealed: false,
      ...changes,
    };
  }
  const exists = async ({ id }: KeptPaste) => (await fetch(`${mayfly.url}/raw/${id}`)).status === 200;
  const keep = (page: Page, pastes: KeptPaste[]) =>
    page.evaluate((text) => localStorage.setItem('mayfly.pastes', text), JSON.stringify(pastes));
  const open = async (pastes: KeptPaste[], options: Parameters<typeof openPage>[0] = {}) => {
    const opened = await openPage(options);
    await opened.page.goto(`${mayfly.url}/pastes`);
    await keep(opened.page, pastes);
    await opened.page.reload();
    // It is rendered last, when the keyboard listeners exist.
    await opened.page.waitForSelector('.shortcuts-open');
    return opened;
  };
  const names = (page: Page) => page.locator('.paste .name').allTextContents();
  const row = (page: Page, name: string) => page.locator('.paste', { hasText: name });
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  const scrollsSideways = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

  test('are listed, filtered, copied, deleted and forgotten, in two tabs', async () => {
    const [first, second, third] = [
      await shared('first.txt'),
      await shared('second.json', { type: 'application/json', maxReads: 3 }),
      await shared('third.bin', { type: 'application/octet-stream', sealed: true }),
    ];
    const sealed = { ...third, url: `${third.url}#secret-of-the-third` };
    const { page, context, conduct } = await open([sealed, second, first], {
      viewport: { width: 1000, height: 700 },
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    expect(await names(page)).toEqual(['third.bin', 'second.json', 'first.txt']);
    expect(await row(page, 'third').textContent()).toContain('Encrypted');
    expect(await row(page, 'third').locator('a.name').getAttribute('href')).toBe(sealed.url);
    expect(await row(page, 'first').textContent()).toMatch(
      /text\/plain.*7 bytes.*created .*(?:7|6\.9|6\.\d) days left/,
    );
    expect(await row(page, 'second').textContent()).toMatch(/3 reads/);

    await page.keyboard.press('/');
    await page.keyboard.type('JSON');
    expect(await names(page)).toEqual(['second.json']);
    await page.keyboard.type('x');
    expect(await page.textContent('.count')).toBe('No paste matches the filter.');
    await page.fill('input[type=search]', '');

    await row(page, 'third').getByRole('button', { name: 'Copy the link of third.bin' }).click();
    await row(page, 'third').getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(sealed.url);

    await row(page, 'third').getByRole('button', { name: 'QR code of third.bin' }).click();
    await page.waitForSelector('dialog[open] svg.qr path');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('QR code of third.bin');

    const other = await context.newPage();
    const otherConduct = watchConduct(other);
    await other.goto(`${mayfly.url}/pastes`);
    await other.waitForSelector('.paste');
    // Browsers slow down background tabs.
    await page.bringToFront();

    await row(page, 'first').getByRole('button', { name: 'Delete first.txt' }).click();
    expect(await page.textContent('dialog[open] h2')).toBe('Delete first.txt?');
    expect(await violations(page)).toEqual([]);
    await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await exists(first)).toBe(true);
    expect(await focused(page)).toBe('Delete first.txt');
    await row(page, 'first').getByRole('button', { name: 'Delete first.txt' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('first.txt is deleted.').waitFor();
    expect(await exists(first)).toBe(false);

    await row(page, 'second').getByRole('button', { name: 'Forget second.json in this browser' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Forget' }).click();
    await page.getByText('second.json was removed from the list.').waitFor();
    expect(await exists(second)).toBe(true);
    expect(await names(page)).toEqual(['third.bin']);
    await waitFor('the other tab to be alike', async () => (await names(other)).join() === 'third.bin');

    await page.getByRole('button', { name: 'Delete all' }).click();
    expect(await page.textContent('dialog[open] h2')).toBe('Delete this paste?');
    await page.locator('dialog').getByRole('button', { name: 'Delete all' }).click();
    await page.getByText('You have not shared anything from this browser yet.').waitFor();
    expect(await exists(third)).toBe(false);
    expect(await page.locator('.none-yet a').getAttribute('href')).toBe('/');
    expect(conduct).toEqual(clean);
    expect(otherConduct).toEqual(clean);
    await context.close();
  });

  test('that expired, or have no reads left, are shown as gone for a day', async () => {
    const burnt = await shared('burnt.txt', { maxReads: 1 });
    await (await fetch(`${mayfly.url}/raw/${burnt.id}`)).text();
    const now = Date.now();
    const lapsed = {
      ...burnt,
      maxReads: null,
      expiresAt: now - hour,
      id: '1'.repeat(32),
      name: 'lapsed.txt',
    };
    const old = { ...lapsed, expiresAt: now - 25 * hour, id: '2'.repeat(32), name: 'old.txt' };
    const soon = { ...lapsed, expiresAt: now + 45_000, id: '3'.repeat(32), name: 'soon.txt' };
    const { page, context, conduct } = await open([burnt, soon, lapsed, old]);
    expect(await names(page)).toEqual(['burnt.txt', 'soon.txt', 'lapsed.txt']);
    await row(page, 'burnt').getByText('Gone').waitFor();
    expect(await row(page, 'lapsed').textContent()).toContain('Gone');
    expect(await row(page, 'lapsed').locator('a').count()).toBe(0);
    await row(page, 'soon')
      .getByText(/second/)
      .waitFor();
    await page.clock.install({ time: now + 46_000 });
    await row(page, 'soon').getByText('Gone').waitFor();
    // The browser logs the 404 by itself.
    expect(conduct.elsewhere).toEqual([]);
    expect(conduct.errors.filter((text) => !text.includes('404'))).toEqual([]);
    await context.close();
  });

  test('that cannot be deleted stay, and the page says why', async () => {
    const paste = await shared('kept.txt');
    const { page, context } = await open([{ ...paste, deleteToken: 'wrong' }]);
    await page.getByRole('button', { name: 'Delete kept.txt' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.locator('dialog').getByText('The delete token is wrong.').waitFor();
    await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Delete all' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Delete all' }).click();
    await page.locator('dialog').getByText('1 paste could not be deleted.').waitFor();
    await context.setOffline(true);
    await page.locator('dialog').getByRole('button', { name: 'Delete all' }).click();
    await page.locator('dialog').getByText('The server does not respond.').waitFor();
    expect(await names(page)).toEqual(['kept.txt']);
    await context.close();
  });

  test('are named by their type and id without a name, in the language of the reader', async () => {
    const paste = await shared('unnamed', { name: null });
    const { page, context } = await open([paste], { locale: 'de' });
    expect(await names(page)).toEqual([`Nur Text ${paste.id.slice(0, 6)}`]);
    await context.close();
  });

  test('can be exported to another browser, and other files are rejected', async () => {
    const paste = await shared('moved.txt');
    const from = await open([paste]);
    const [download] = await Promise.all([
      from.page.waitForEvent('download'),
      from.page.getByRole('button', { name: 'Export' }).click(),
    ]);
    const exported = await text(await download.createReadStream());
    const to = await open([]);
    const take = (content: string) =>
      to.page.setInputFiles('input[type=file]', {
        name: 'list.json',
        mimeType: 'application/json',
        buffer: Buffer.from(content),
      });
    const elsewhere = exported.replaceAll(mayfly.url, 'https://example.com');
    const script = exported.replaceAll(mayfly.url, 'javascript:alert(1)//');
    for (const content of ['', '{', 'null', '[]', '{"kind":"other"}', elsewhere, script]) {
      await take(content);
      await to.page.getByText('This file is not a list of pastes of this server.').waitFor();
      await to.page.reload();
      await to.page.waitForSelector('.tools');
    }
    await take(exported);
    await to.page.getByText('1 paste was added.').waitFor();
    expect(await names(to.page)).toEqual(['moved.txt']);
    await take(exported);
    await to.page.getByText('0 pastes were added.').waitFor();
    expect(await to.page.evaluate(() => JSON.parse(localStorage.getItem('mayfly.pastes') ?? ''))).toEqual([
      paste,
    ]);
    expect([from.conduct, to.conduct]).toEqual([clean, clean]);
    await from.context.close();
    await to.context.close();
  });

  test('are deleted by a link with the token in its fragment, after a confirmation', async () => {
    const paste = await shared('linked.txt');
    const { page, context, conduct } = await openPage();
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(`${mayfly.url}/pastes#delete=${paste.id}:${paste.deleteToken}`);
    await page.waitForSelector('dialog[open]');
    expect(page.url()).toBe(`${mayfly.url}/pastes`);
    expect(await exists(paste)).toBe(true);
    await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('is deleted.').waitFor();
    expect(await exists(paste)).toBe(false);
    expect(requested.filter((url) => url.includes(paste.deleteToken))).toEqual([]);
    expect(conduct).toEqual(clean);
    await context.close();
  });

  test('have no axe violations, and fit a phone, light and dark', async () => {
    const [paste, gone] = [
      await shared('a rather long name, as cameras and people give them.txt'),
      await shared('gone.txt'),
    ];
    const pastes = [paste, { ...gone, sealed: true, expiresAt: Date.now() - hour }];
    for (const colorScheme of ['light', 'dark'] as const)
      for (const listed of [pastes, []]) {
        const { page, context, conduct } = await open(listed, {
          colorScheme,
          viewport: { width: 360, height: 740 },
        });
        expect(await violations(page)).toEqual([]);
        expect(await scrollsSideways(page)).toBe(false);
        expect(conduct).toEqual(clean);
        await context.close();
      }
  });

  test('ignore invalid data in the storage', async () => {
    for (const content of ['{', 'null', '{"a":1}', '[1,null,{"id":"x","url":"javascript:alert(1)"}]']) {
      const { page, context, conduct } = await openPage();
      await page.goto(`${mayfly.url}/pastes`);
      await page.evaluate((text) => localStorage.setItem('mayfly.pastes', text), content);
      await page.reload();
      await page.getByText('You have not shared anything from this browser yet.').waitFor();
      expect(conduct).toEqual(clean);
      await context.close();
    }
  });

  test('say without JavaScript why the list is empty', async () => {
    const { page, context } = await openPage({ javaScriptEnabled: false, locale: 'de' });
    await page.goto(`${mayfly.url}/pastes`);
    expect(await page.textContent('.needs-script')).toContain('Ohne JavaScript ist diese Liste leer');
    expect(await page.isVisible('.needs-script')).toBe(true);
    await context.close();
  });
});
