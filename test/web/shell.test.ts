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
});
