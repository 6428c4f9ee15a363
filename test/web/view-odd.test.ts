import { afterAll, beforeAll, expect, test } from 'bun:test';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { share, shareSealed } from './view-payloads.ts';

await suiteWith(['chromium'], 'the page of a payload, in unusual situations', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('moves the focus to the heading after content is opened by keyboard', async () => {
    const { page, context, conduct } = await openPage();
    await page.goto(
      await share(mayfly, { name: 'once.txt', type: 'text/plain', content: 'counted', reads: 2 }),
    );
    await page.waitForSelector('button.theme-switch');
    await page.focus('.gate button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.code-line');
    await page.waitForSelector('h1:focus');

    const sealed = { name: 'locked.txt', type: 'text/plain', content: 'sealed', password: 'word' };
    const { url, secret } = await shareSealed(mayfly, sealed);
    await page.goto(`${url}#${secret}`);
    await page.waitForSelector('.gate input[type=password]:focus');
    await page.keyboard.type('word');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:has-text("locked.txt"):focus');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shows a name in its written order, whatever direction controls it has', async () => {
    const { page, context } = await openPage();
    await page.goto(await share(mayfly, { name: 'photo\u202egnp.exe', type: 'text/plain', content: 'x' }));
    await page.waitForSelector('.download');
    expect(await page.textContent('h1')).toBe('photognp.exe');
    expect(await page.title()).toBe('photognp.exe · Mayfly');
    expect(await page.getAttribute('.download', 'download')).toBe('photognp.exe');
    await context.close();
  });

  test('aborts a connection without data, and can try again', async () => {
    const { page, context } = await openPage();
    await page.clock.install();
    const { url, secret } = await shareSealed(mayfly, { type: 'text/plain', content: 'late' });
    await page.route('**/raw/*', () => undefined, { times: 1 });
    await page.goto(`${url}#${secret}`);
    await page.waitForSelector('.gate progress');
    // The status for screen readers does not change with every byte.
    expect(await page.textContent('[role=status]')).toBe('Loading…');
    await page.clock.runFor(61_000);
    await page.click('.gate button:has-text("Try again")');
    await page.waitForSelector('.code-line:has-text("late")');
    await context.close();
  });

  test('prints the content, dark on light, without buttons', async () => {
    const { page, context } = await openPage({ colorScheme: 'dark' });
    const content = 'let answer = 42;\n'.repeat(500);
    await page.goto(await share(mayfly, { name: 'a.ts', type: 'text/x-typescript', content }));
    await page.waitForSelector('.code-keyword');
    const colour = () => page.evaluate(() => getComputedStyle(document.documentElement).color);
    expect(await colour()).toBe('rgb(232, 235, 231)');
    await page.emulateMedia({ media: 'print' });
    expect(await colour()).toBe('rgb(29, 33, 31)');
    for (const selector of ['.top', '.bottom', '.toolbar', '.shortcuts-open'])
      expect(await page.isVisible(selector)).toBe(false);
    expect(await page.isVisible('.code-line')).toBe(true);
    // Lines that were never near the window are printed with numbers and colours too.
    await page.pdf();
    expect(await page.locator('.code-line').count()).toBe(500);
    await context.close();
  });
});
