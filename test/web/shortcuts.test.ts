import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { violations } from '../support/accessibility.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { openComposePage } from './compose-page.ts';

await suiteWith(['chromium'], 'single-key shortcuts', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  const focusedId = (page: Page) => page.evaluate(() => document.activeElement?.id);
  const expectShortcutsOff = async (page: Page) => {
    await page.keyboard.press('t');
    await page.keyboard.press('?');
    // If a later key has an effect, the earlier ones have been handled too.
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.problem');
    expect(await focusedId(page)).not.toBe('text');
    expect(await page.locator('dialog').count()).toBe(0);
  };

  test('are turned off and on by the keyboard, immediately, in every tab and permanently', async () => {
    const { page, context, conduct } = await openComposePage(mayfly.url);
    const other = await context.newPage();
    await other.goto(mayfly.url);
    await other.waitForSelector('.shortcuts-open kbd');

    await page.keyboard.press('?');
    await page.waitForSelector('dialog input:focus');
    await page.keyboard.press('Space');
    await page.waitForSelector('dialog dd s');
    expect(await page.locator('dialog dd:not(:has(s))').allTextContents()).toEqual(['Share']);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await expectShortcutsOff(page);
    await other.waitForSelector('.shortcuts-open kbd', { state: 'detached' });
    await expectShortcutsOff(other);
    await page.reload();
    await page.waitForSelector('.shortcuts-open:not(:has(kbd))');
    await expectShortcutsOff(page);

    await page.focus('.shortcuts-open');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog input:focus');
    await page.keyboard.press('Space');
    await page.waitForSelector('dialog dd s', { state: 'detached' });
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.keyboard.press('t');
    await page.waitForSelector('#text:focus');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('can be turned off for the page if the storage is disabled', async () => {
    const { page, context } = await openComposePage(mayfly.url);
    await page.evaluate(() => {
      // As Chromium does if the user blocks the storage of sites.
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('Access is denied', 'SecurityError');
        },
      });
    });
    await page.keyboard.press('?');
    await page.waitForSelector('dialog input:focus');
    await page.keyboard.press('Space');
    await page.waitForSelector('dialog dd s');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await expectShortcutsOff(page);
    await context.close();
  });
});
