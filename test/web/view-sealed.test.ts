import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { share, shareSealed } from './view-payloads.ts';

/** The later requests of the page: method, path and query. */
function requestsOf(page: Page): string[] {
  const requests: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith('http')) requests.push(request.url());
  });
  return requests;
}

const rawReads = (requests: string[]) => requests.filter((url) => url.includes('/raw/')).length;

await suiteWith(['chromium'], 'content that the reader has to open', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('is a counted payload, read once for everything that the page does with it', async () => {
    const url = await share(mayfly, { name: 'a.md', type: 'text/markdown', content: '# Once', reads: 2 });
    const { page, context, conduct } = await openPage();
    const requests = requestsOf(page);
    await page.goto(url);
    expect(await page.textContent('.gate')).toContain('2 more times');
    expect(await violations(page)).toEqual([]);
    expect(rawReads(requests)).toBe(0);
    await page.click('.gate button');
    await page.waitForSelector('.markdown h1:has-text("Once")');
    expect(await page.textContent('.reads')).toBe('1 read left');
    await page.click('button.source');
    expect(await page.textContent('.code-line')).toContain('# Once');
    const download = page.waitForEvent('download');
    await page.click('.download');
    expect((await download).suggestedFilename()).toBe('a.md');
    const raw = context.waitForEvent('page');
    await page.click('.raw');
    const rawPage = await raw;
    await rawPage.waitForURL('blob:**');
    expect(await rawPage.textContent('body')).toBe('# Once');
    expect(rawReads(requests)).toBe(1);

    await page.goto(url);
    await page.click('.gate button');
    await page.waitForSelector('.notice-line:has-text("deleted from the server")');
    expect(await page.textContent('.reads')).toBe('No reads left');
    expect(await page.locator('.expiry').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect((await fetch(url, { headers: { accept: 'text/html' } })).status).toBe(404);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('is a counted payload that somebody else reads first', async () => {
    const url = await share(mayfly, { type: 'text/plain', content: 'one for one', reads: 1 });
    const { page, context, conduct } = await openPage();
    await page.goto(url);
    await (await fetch(url.replace('/p/', '/raw/'))).text();
    await page.click('.gate button');
    await page.waitForSelector('.problem:has-text("This no longer exists")');
    expect(await violations(page)).toEqual([]);
    expect(conduct.elsewhere).toEqual([]);
    await context.close();
  });

  test('is, without scripts, a counted payload behind a form', async () => {
    const url = await share(mayfly, { type: 'text/plain', content: 'by a form', reads: 1 });
    const { page, context } = await openPage({ javaScriptEnabled: false });
    await page.goto(url);
    await page.click('.gate button');
    await page.waitForURL('**/raw/**');
    expect(await page.textContent('body')).toBe('by a form');
    await context.close();
  });

  test('is encrypted, and opened in the page with the key, which no request contains', async () => {
    const content = 'fn main() {\n    println!("quiet");\n}\n';
    const { url, secret } = await shareSealed(mayfly, { name: 'quiet.rs', type: 'text/x-rust', content });
    const { page, context, conduct } = await openPage();
    const requests = requestsOf(page);
    await page.goto(`${url}#${secret}&L2`);
    await page.waitForSelector('.code-string');
    expect(await page.textContent('h1')).toBe('quiet.rs');
    expect(await page.title()).toBe('quiet.rs · Mayfly');
    expect(await page.textContent('.payload-facts')).toContain('text/x-rust');
    expect(await page.textContent('.marked code')).toContain('println');
    await page.click('.line-number >> nth=0');
    await page.waitForURL(`${url}#${secret}&L1`);
    // The link that skips to the content would remove the key from the URL.
    await page.focus('.skip');
    await page.keyboard.press('Enter');
    await page.waitForFunction((key) => location.hash === `#${key}&L1`, secret);
    expect(await violations(page)).toEqual([]);
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter((request) => request.includes(secret) || request.includes('quiet'))).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('is encrypted with a password and counted, and read once for any number of passwords', async () => {
    const secretText = 'behind a password';
    const { url, secret } = await shareSealed(mayfly, {
      type: 'text/plain',
      content: secretText,
      password: 'für dich',
      reads: 1,
    });
    const { page, context, conduct } = await openPage({ viewport: { width: 360, height: 640 } });
    const requests = requestsOf(page);
    await page.goto(`${url}#${secret}`);
    await page.click('.gate button');
    await page.waitForSelector('input[type=password]:focus');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.type('für mich');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem:has-text("password or the link is wrong")');
    expect(await violations(page)).toEqual([]);
    await page.fill('input[type=password]', 'für dich');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.code:has-text("${secretText}")`);
    expect(rawReads(requests)).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('is encrypted, and asks for a password before it says that one is wrong', async () => {
    const { url, secret } = await shareSealed(mayfly, { type: 'text/plain', content: 'x', password: 'y' });
    const { page, context, conduct } = await openPage();
    await page.goto(`${url}#${secret}`);
    await page.waitForSelector('input[type=password]:focus');
    await page.keyboard.type('y');
    await page.click('text=Unlock');
    await page.waitForSelector('.code');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('says what is wrong with a link or its content', async () => {
    const content = 'x'.repeat(200_000);
    const good = await shareSealed(mayfly, { type: 'text/plain', content });
    const other = await shareSealed(mayfly, { type: 'text/plain', content });
    const flip = (bytes: Uint8Array<ArrayBuffer>) => {
      const at = bytes.length - 100;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    const altered = await shareSealed(mayfly, { type: 'text/plain', content, spoil: flip });
    const truncated = await shareSealed(mayfly, {
      type: 'text/plain',
      content,
      spoil: (bytes) => bytes.slice(0, 60 + 2 * (65_536 + 16)),
    });
    const none = await shareSealed(mayfly, { type: 'text/plain', content, spoil: () => new Uint8Array(100) });
    const { page, context, conduct } = await openPage();
    const cases: [string, RegExp][] = [
      [good.url, /the link has no key/],
      [`${good.url}#${good.secret.slice(0, 30)}`, /incomplete/],
      [`${good.url}#${other.secret}`, /not the one that this was encrypted with/],
      [`${altered.url}#${altered.secret}`, /altered or damaged/],
      [`${truncated.url}#${truncated.secret}`, /The end of this is missing/],
      [`${none.url}#${none.secret}`, /does not know its format/],
    ];
    for (const [link, message] of cases) {
      await page.goto('about:blank');
      await page.goto(link);
      await page.waitForSelector('.problem');
      expect(await page.textContent('.problem')).toMatch(message);
      expect(await page.textContent('main')).not.toContain('xxx');
    }
    expect(await violations(page)).toEqual([]);
    // Another secret in the URL starts another try.
    await page.goto(`${good.url}#${other.secret}`);
    await page.waitForSelector('.problem');
    await page.evaluate((key) => {
      location.hash = key;
    }, good.secret);
    await page.waitForSelector('.code');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('says that the server cannot be reached, and can try again', async () => {
    const { url, secret } = await shareSealed(mayfly, { type: 'text/plain', content: 'in the end' });
    const { page, context } = await openPage();
    await page.route('**/raw/**', (route) => route.abort('connectionrefused'));
    await page.goto(`${url}#${secret}`);
    await page.waitForSelector('.problem:has-text("cannot be reached")');
    await page.unroute('**/raw/**');
    await page.click('button:has-text("Try again")');
    await page.waitForSelector('.code:has-text("in the end")');
    await context.close();
  });

  test('says without scripts that it needs them', async () => {
    const { url } = await shareSealed(mayfly, { type: 'text/plain', content: 'x' });
    const { page, context } = await openPage({ javaScriptEnabled: false });
    await page.goto(url);
    expect(await page.textContent('.gate')).toContain('Enable JavaScript');
    await context.close();
  });
});
