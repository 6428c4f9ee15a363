import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';

await suiteWith(['chromium'], 'the claim page', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly({ env: { GUEST_RATE_LIMIT: '0' } });
  });
  afterAll(() => mayfly.stop());
  const newGuest = async () => {
    const response = await fetch(`${mayfly.url}/api/v1/auth/guest`, { method: 'POST' });
    return (await response.json()) as { token: string; claim_url: string };
  };
  const expectHeading = (page: Page, text: string) => page.waitForSelector(`h1:text-is("${text}")`);

  test.each([
    ['with JavaScript, on a phone', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
    ['without JavaScript', { javaScriptEnabled: false }],
  ] as [string, BrowserContextOptions][])('keeps an account by an email address, %s', async (_, options) => {
    const { claim_url } = await newGuest();
    const { page, context, conduct } = await openPage(options);
    const withScripts = options.javaScriptEnabled !== false;
    const objections = async () => (withScripts ? violations(page) : []);
    await page.goto(claim_url);
    await expectHeading(page, 'Keep your files');
    expect(await objections()).toEqual([]);
    // As in a browser that does not validate the field.
    await page.locator('form').evaluate((form: HTMLFormElement) => form.setAttribute('novalidate', ''));
    await page.fill('input[type=email]', 'nobody');
    await page.click('button[type=submit]');
    expect(await page.textContent('[role=alert]')).toBe(
      'This is not a valid email address. Check it and try again.',
    );
    expect(await objections()).toEqual([]);
    await page.fill('input[type=email]', 'ada@example.com');
    await page.click('button[type=submit]');
    await expectHeading(page, 'The account is yours');
    expect(page.url()).toBe(`${mayfly.url}/login`);
    expect(await objections()).toEqual([]);
    await page.goto(claim_url);
    await expectHeading(page, 'The account could not be claimed');
    expect(await page.textContent('.claim p')).toContain('was already used');
    expect(await objections()).toEqual([]);
    expect(conduct.elsewhere).toEqual([]);
    // The browser logs the rejected form and the used link by itself.
    expect(conduct.errors.filter((text) => !/status of 40[04]/.test(text))).toEqual([]);
    await context.close();
  });

  test.each([
    ['de', 'Ihre Dateien behalten', 'Das Konto konnte nicht übernommen werden'],
    ['es', 'Conserve sus archivos', 'No se pudo reclamar la cuenta'],
    ['fr', 'Gardez vos fichiers', 'Le compte n’a pas pu être conservé'],
    ['ja', 'ファイルを残す', 'アカウントを引き継げませんでした'],
    ['pt', 'Fique com seus arquivos', 'Não foi possível ficar com a conta'],
  ])('is in %s too, its errors as well', async (language, title, failed) => {
    const headers = { 'Accept-Language': language };
    const { claim_url } = await newGuest();
    const page = await (await fetch(claim_url, { headers })).text();
    expect(page).toContain(`<html lang="${language}">`);
    expect(page).toContain(`<h1>${title}</h1>`);
    const unknown = await (await fetch(`${mayfly.url}/login?claim=unknown`, { headers })).text();
    expect(unknown).toContain(`<h1>${failed}</h1>`);
  });

  test('runs no script, since its URL contains a secret', async () => {
    const { claim_url } = await newGuest();
    for (const address of [claim_url, `${mayfly.url}/login?claim=unknown`])
      expect(await (await fetch(address)).text()).not.toContain('<script');
  });
});
