import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { share, shareSealed } from './view-payloads.ts';

setDefaultTimeout(60_000);

const utf16 = (text: string) => Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'));
const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

/** The clipboard after the reader selects all of the source and presses Ctrl+C. */
async function copyAll(page: Page): Promise<string> {
  await page.$eval('.code pre', (element) => getSelection()?.selectAllChildren(element));
  await page.keyboard.press('Control+c');
  return page.evaluate(() => navigator.clipboard.readText());
}

await suiteWith(['chromium'], 'text on the page of a payload', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('is decoded by its byte order mark or its declared charset, in every view', async () => {
    const { page, context, conduct } = await openPage();
    const large = `first\n${'é'.repeat(600_000)}`;
    for (const [type, content, selector, shown] of [
      ['text/plain', utf16('é\nb'), '.code-line:first-child code', 'é\n'],
      ['text/plain', utf16(large), '.code-line:first-child code', 'first\n'],
      ['text/plain; charset=iso-8859-1', latin1('é'), '.code-line code', 'é'],
      ['text/x-python; charset=windows-1252', latin1('s = "é"'), '.code-string', '"é"'],
      ['application/json', utf16('{"é": 1}'), '.tree .key', 'é'],
      ['text/csv; charset=iso-8859-1', latin1('é,b\n1,2\n'), 'th', 'é'],
      ['text/markdown; charset=iso-8859-1', latin1('# é\n'), '.markdown h1', 'é'],
    ] as const) {
      await page.goto(await share(mayfly, { type, content }));
      await page.waitForSelector(selector);
      expect([type, await page.textContent(selector)]).toEqual([type, shown]);
    }
    const { url, secret } = await shareSealed(mayfly, { type: 'text/plain', content: utf16('sealed é') });
    await page.goto(`${url}#${secret}`);
    expect(await page.textContent('.code-line code')).toBe('sealed é');
    // Bytes that are declared as text and cannot be decoded can be downloaded.
    await page.goto(await share(mayfly, { type: 'text/plain', content: latin1('é') }));
    expect(await page.textContent('.other pre')).toContain('e9');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('in another encoding than UTF-8 is shown without scripts too', async () => {
    const { page, context } = await openPage({ javaScriptEnabled: false });
    await page.goto(await share(mayfly, { type: 'text/plain', content: utf16('é') }));
    expect(await page.textContent('pre')).toBe('é');
    await context.close();
  });

  test('shows direction controls as marks, without their effect, and copies them', async () => {
    const content = '/*\u202e } \u2066if (isAdmin)\u2069 \u2066 begin */\nnext();\n';
    const { page, context, conduct } = await openPage();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(await share(mayfly, { name: 'bidi.c', type: 'text/x-c', content }));
    await page.waitForSelector('.code-line .direction-mark');
    const marks = page.locator('.direction-mark');
    const names = await marks.evaluateAll((all) => all.map((mark) => mark.getAttribute('data-mark')));
    expect(names).toEqual(['U+202E', 'U+2066', 'U+2069', 'U+2066']);
    expect(await page.textContent('.notice-line')).toContain('change the text direction');
    // Each mark is to the right of the one before, so the text is in its written order.
    const lefts = await marks.evaluateAll((all) => all.map((mark) => mark.getBoundingClientRect().left));
    expect(lefts).toEqual([...lefts].sort((one, other) => one - other));
    expect(await copyAll(page)).toBe(content);
    await page.click('.copy');
    await page.waitForSelector('.copy:has-text("Copied")');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(content);
    expect(await violations(page)).toEqual([]);

    await page.goto(await share(mayfly, { type: 'application/json', content: '{"u": "a\\u202eb"}' }));
    await page.waitForSelector('.tree .direction-mark[data-mark="U+202E"]');
    expect(await page.textContent('.notice-line')).toContain('change the text direction');
    expect(await violations(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('in one long line is wrapped, has one number, and is copied as one line', async () => {
    const content = `first\r\n${Array.from({ length: 30_000 }, (_, at) => `item${at},`).join('')}\rlast`;
    const { page, context, conduct } = await openPage();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const url = await share(mayfly, { type: 'text/plain', content });
    await page.goto(url);
    await page.waitForSelector('.code-line[data-line="2"]');
    expect(await page.locator('a.line-number').allTextContents()).toEqual(['1', '2']);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await page.$eval('.code', (code) => code.scrollWidth <= code.clientWidth)).toBe(true);
    expect(await page.locator('button.wrap').count()).toBe(0);
    await page.waitForFunction(
      (length) => document.querySelector('.code pre')?.textContent?.length === length,
      content.length + 2,
    );
    expect(await copyAll(page)).toBe(content);
    await page.goto(`${url}#L3`);
    await page.waitForFunction(() => {
      const { top = -1, bottom = 0 } = document.querySelector('.marked')?.getBoundingClientRect() ?? {};
      return top >= 0 && bottom <= innerHeight;
    });
    expect(await page.textContent('.marked')).toBe('3last');
    expect(await violations(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('that cannot be rendered quickly is shown as its source, below a notice that says why', async () => {
    const { page, context, conduct } = await openPage();
    for (const [type, content, why] of [
      ['text/markdown', '> '.repeat(300), 'nested too deeply'],
      ['application/json', `${'['.repeat(200)}${']'.repeat(200)}`, 'nested too deeply'],
      ['text/markdown', `# ${'x'.repeat(101_000)}`, 'too large'],
      ['text/csv', `${','.repeat(9)}\n`.repeat(2001), 'too large'],
      // Quadratic in its length, in the parser.
      ['text/markdown', '_a'.repeat(100_000), 'took too long'],
    ] as const) {
      await page.goto(await share(mayfly, { type, content }));
      await page.waitForSelector('.notice-line');
      expect(await page.textContent('.notice-line')).toContain(why);
      expect(await page.textContent('.code-line code')).toContain(content.slice(0, 4).trim());
    }
    expect(await violations(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('does not move during hydration', async () => {
    const content = 'const value = 1;\n'.repeat(300);
    const { page, context } = await openPage();
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        shifts.push(...list.getEntries().map((entry) => (entry as unknown as { value: number }).value));
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(await share(mayfly, { type: 'text/javascript', content }));
    await page.waitForSelector('.code-keyword');
    const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
    // Web Vitals, "good".
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.1);
    await context.close();
  });
});
