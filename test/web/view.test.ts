import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { share } from './view-payloads.ts';

const source = `import { one } from './one.ts';

// What it says.
export function two(text: string): number {
  return one(text) + "a < b && c".length;
}
`;

const colourOf = (page: Page, selector: string) =>
  page.$eval(selector, (element) => getComputedStyle(element).color);

await suiteWith(['chromium'], 'the page of a payload', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('shows source with highlighting, links to lines, and a toolbar', async () => {
    const url = await share(mayfly, { name: 'two.ts', type: 'text/x-typescript', content: source });
    const { page, context, conduct } = await openPage();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${url}#L4-L6`);
    await page.waitForSelector('.code-keyword');
    expect(await page.title()).toBe('two.ts · Mayfly');
    expect(await page.textContent('h1')).toBe('two.ts');
    expect(await page.textContent('.payload-facts')).toContain('text/x-typescript');
    expect(await page.textContent('.expiry')).toMatch(/Expires in (7 days|6 days 23 hours)/);
    expect(await page.locator('.marked').count()).toBe(3);
    expect(await page.textContent('.code-comment')).toBe('// What it says.');
    expect(await colourOf(page, '.code-comment')).not.toBe(await colourOf(page, '.code-keyword'));
    expect(await page.textContent('select option')).toBe('Auto: TypeScript');
    expect(await violations(page)).toEqual([]);

    await page.click('.line-number >> nth=0');
    await page.waitForURL(`${url}#L1`);
    await page.click('.line-number >> nth=2', { modifiers: ['Shift'] });
    await page.waitForURL(`${url}#L1-L3`);
    expect(await page.locator('.marked').count()).toBe(3);

    // A manual selection has the text without the numbers.
    const selected = await page.$eval('.code pre', (element) => {
      getSelection()?.selectAllChildren(element);
      return getSelection()?.toString();
    });
    expect(selected?.trimEnd()).toBe(source.trimEnd());

    await page.keyboard.press('c');
    await page.waitForSelector('.copy:has-text("Copied")');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(source);
    const download = page.waitForEvent('download');
    await page.keyboard.press('d');
    expect((await download).suggestedFilename()).toBe('two.ts');
    await page.keyboard.press('w');
    await page.waitForSelector('.wrap[aria-pressed=true]');
    await page.click('button.numbers');
    await page.waitForSelector('.line-number', { state: 'hidden' });
    await page.selectOption('.view-controls select', 'plaintext');
    await page.waitForSelector('.code-keyword', { state: 'detached' });
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.keyboard.press('r');
    await page.waitForURL('**/raw/**');
    expect(await page.textContent('body')).toBe(source);
    await page.goBack();
    await page.waitForSelector('.shortcuts-open');
    await page.keyboard.press('n');
    await page.waitForURL(`${mayfly.url}/`);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('guesses no language for chosen plain text, until the reader asks for it', async () => {
    const url = await share(mayfly, { type: 'text/plain;syntax=none', content: source });
    const { page, context, conduct } = await openPage();
    await page.goto(url);
    await page.waitForSelector('.viewer select');
    expect(await page.inputValue('.viewer select')).toBe('plaintext');
    expect(await page.locator('.code-keyword').count()).toBe(0);
    // A guess may take a second, which is too short on a busy machine: the reader asks again.
    await waitFor('a guess', async () => {
      await page.selectOption('.viewer select', 'plaintext');
      await page.selectOption('.viewer select', 'auto');
      return page.waitForSelector('.code-keyword', { timeout: 3000 });
    });
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('renders Markdown, with its source beside it', async () => {
    const content = [
      '# Title\n\nSome *words*, a [link](https://example.com/) and [one within](#more).\n',
      '![a picture](https://example.com/x.png)\n\n- [x] done\n- [ ] not yet\n\n3. three\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n',
      '```js\nconst x = 1; // why\n```\n\n## More\n',
    ].join('\n');
    const url = await share(mayfly, { name: 'a.md', type: 'text/markdown', content });
    const { page, context, conduct } = await openPage({ colorScheme: 'dark' });
    await page.goto(url);
    await page.waitForSelector('.markdown .code-comment');
    expect(await page.textContent('.markdown h1')).toBe('Title');
    expect(await page.locator('.markdown ul li').allTextContents()).toEqual(['☑ done', '☐ not yet']);
    expect(await page.getAttribute('.markdown ol', 'start')).toBe('3');
    expect(await page.getAttribute('.markdown th', 'align')).toBe('right');
    const link = page.locator('.markdown a[href="https://example.com/"]');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow ugc');
    // Nothing is loaded from other servers: an image becomes a link.
    expect(await page.locator('.markdown img').count()).toBe(0);
    expect(await page.getAttribute('.markdown a:has-text("a picture")', 'href')).toBe(
      'https://example.com/x.png',
    );
    await page.click('.markdown a:has-text("one within")');
    expect(new URL(page.url()).hash).toBe('');
    expect(await violations(page)).toEqual([]);
    await page.click('button.source');
    expect(await page.textContent('.code-line')).toContain('# Title');
    expect(await violations(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shows JSON as a tree with keyboard control, with numbers as written', async () => {
    const content = '{"10": 1, "2": [12345678901234567890.0, 1e400, null], "a": {"b": {}, "b": "x\\u0000"}}';
    const url = await share(mayfly, { type: 'application/json', content });
    const { page, context, conduct } = await openPage({ viewport: { width: 360, height: 640 } });
    await page.goto(url);
    await page.waitForSelector('.tree');
    const keys = await page.locator('.tree .key').allTextContents();
    expect(keys).toEqual(['10', '2', '0', '1', '2', 'a', 'b', 'b']);
    expect(await page.textContent('.tree')).toContain('12345678901234567890.0');
    expect(await page.textContent('.tree')).toContain('1e400');
    expect(await page.textContent('.tree')).toContain('"x\\u0000"');
    expect(await violations(page)).toEqual([]);
    await page.click('text=Collapse all');
    expect(await page.locator('.tree .key').count()).toBe(0);
    await page.focus('.tree .branch');
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
    expect(await page.locator('.tree .key').allTextContents()).toEqual(['10', '2', '0', '1', '2', 'a']);
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('.tree .key').count()).toBe(3);
    await page.click('text=Expand all');
    expect(await page.locator('.tree .key').count()).toBe(8);
    await page.click('button.source');
    expect(await page.textContent('.code-line code')).toBe(content);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shows a table for CSV', async () => {
    const url = await share(mayfly, { type: 'text/csv', content: 'name,note\none,"a, ""b"""\ntwo,<b>\n' });
    const { page, context, conduct } = await openPage();
    await page.goto(url);
    await page.waitForSelector('td');
    expect(await page.locator('td').allTextContents()).toEqual(['one', 'a, "b"', 'two', '<b>']);
    expect(await violations(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shows 20,000 lines and scrolls to the last one without a long task', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => `const value${at} = "text ${at}"; // ${at}`);
    const url = await share(mayfly, { type: 'text/javascript', content: lines.join('\n') });
    const { page, context, conduct } = await openPage();
    await page.addInitScript(() => {
      const tasks: number[] = [];
      Object.assign(globalThis, { longTasks: tasks });
      new PerformanceObserver((list) => {
        tasks.push(...list.getEntries().map(({ duration }) => duration));
      }).observe({ type: 'longtask', buffered: true });
    });
    await page.goto(`${url}#L19990`);
    await page.waitForSelector('.marked');
    await page.waitForFunction(() => {
      const { top = -1, bottom = 0 } = document.querySelector('.marked')?.getBoundingClientRect() ?? {};
      return top >= 0 && bottom <= innerHeight;
    });
    const longTasks = await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);
    const elements = await page.evaluate(() => document.querySelectorAll('*').length);
    console.info(`20,000 lines: tasks of ${longTasks.map(Math.round).join(', ')} ms, ${elements} elements`);
    expect(Math.max(0, ...longTasks)).toBeLessThan(2000);
    expect(elements).toBeLessThan(20_000);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('has the text without scripts too, if it is not too large for a page', async () => {
    const content = `<b>\n${'x'.repeat(200_000)}\nend`;
    const url = await share(mayfly, { type: 'text/plain', content });
    const { page, context } = await openPage({ javaScriptEnabled: false });
    await page.goto(url);
    expect(await page.textContent('pre')).toBe(content);
    // Once, and not a second time as JSON.
    expect((await page.content()).length).toBeLessThan(content.length * 1.2);
    await context.close();
  });

  test('shows text that HTML would alter unchanged', async () => {
    const content = '\nfirst is empty\r\nand \r is alone';
    const url = await share(mayfly, { type: 'text/plain', content });
    const { page, context, conduct } = await openPage();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(url);
    await page.click('.copy');
    await page.waitForSelector('.copy:has-text("Copied")');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(content);
    // `\n`, `\r\n` and `\r` end a line.
    expect(await page.locator('.code-line').count()).toBe(4);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('counts the seconds of the last minute, and shows nothing after the expiry', async () => {
    const { page, context, conduct } = await openPage();
    await page.goto(await share(mayfly, { type: 'text/plain', content: 'soon gone', ttl: '5s' }));
    await page.waitForSelector('.expiry:text-matches("[1-4] seconds?")');
    await page.waitForSelector('.notice:has-text("This has expired")');
    expect(await page.textContent('main')).not.toContain('soon gone');
    const response = await page.reload();
    expect(response?.status()).toBe(404);
    expect(await page.textContent('main')).toContain('may have expired');
    expect(await violations(page)).toEqual([]);
    expect(conduct.elsewhere).toEqual([]);
    await context.close();
  });
});
