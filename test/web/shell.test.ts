import { afterAll, beforeAll, expect, test } from 'bun:test';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';

await suiteWith(['chromium'], 'every page', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  for (const path of [
    '/',
    '/pastes',
    '/account',
    '/p/00000000000000000000000000000000',
    '/docs/errors/forbidden',
    '/docs',
  ])
    for (const colorScheme of ['light', 'dark'] as const)
      test(`${path} has no axe violations, in ${colorScheme}`, async () => {
        const { page, context, conduct } = await openPage({ colorScheme });
        await page.goto(`${mayfly.url}${path}`);
        expect(await violations(page)).toEqual([]);
        expect(conduct.elsewhere).toEqual([]);
        await context.close();
      });

  test('is shown in the language of the browser, or the language that the reader chooses', async () => {
    const { page, context, conduct } = await openPage({ locale: 'de-AT' });
    await page.goto(`${mayfly.url}/pastes`);
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    await page.selectOption('select.language', 'fr');
    await page.waitForSelector('html[lang=fr]');
    await page.goto(`${mayfly.url}/`);
    expect(await page.getAttribute('html', 'lang')).toBe('fr');
    expect(await page.textContent('option[value=plaintext]')).toBe('Texte brut');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('is dark or light as the reader chooses, after a reload too', async () => {
    const { page, context, conduct } = await openPage({ colorScheme: 'light' });
    await page.goto(`${mayfly.url}/`);
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.click('button.theme-switch');
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await background()).toBe(dark);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('/docs has no axe violations with every operation open, and no line wider than a phone', async () => {
    const { page, context, conduct } = await openPage({
      colorScheme: 'dark',
      viewport: { width: 360, height: 740 },
    });
    await page.goto(`${mayfly.url}/docs`);
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) (one as HTMLDetailsElement).open = true;
    });
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('/docs is used by the keyboard, and leads back to the start page', async () => {
    const { page, context } = await openPage();
    await page.goto(`${mayfly.url}/docs`);
    const first = page.locator('.operation').first();
    await first.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await first.getAttribute('open')).not.toBeNull();
    await page.goto(`${mayfly.url}/docs#readRaw`);
    await page.waitForSelector('.operation[open] #readRaw');
    await page.locator('header a.brand').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${mayfly.url}/`);
    await context.close();
  });
});
