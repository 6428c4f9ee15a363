import { afterAll, beforeAll, expect, test } from 'bun:test';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { fileOf, idIn } from './compose-page.ts';

await suiteWith(['chromium'], 'the form without JavaScript', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly({ env: { MAX_PAYLOAD_SIZE: '1KiB', MAX_ANONYMOUS_SIZE: '4KiB' } });
  });
  afterAll(() => mayfly.stop());

  const visit = async () => {
    const open = await openPage({ javaScriptEnabled: false });
    await open.page.goto(mayfly.url);
    /** Sends the form. @returns the status of the response */
    const send = async () => {
      const [answer] = await Promise.all([
        open.page.waitForResponse((response) => response.request().method() === 'POST'),
        open.page.click('button.share'),
      ]);
      await open.page.waitForLoadState();
      return answer.status();
    };
    return { ...open, send };
  };
  const rawOf = async (link: string) => (await fetch(`${mayfly.url}/raw/${idIn(link)}`)).text();

  test('shares a text, which another visitor without JavaScript reads, and the shown command deletes', async () => {
    const { page, context, conduct, send } = await visit();
    await page.fill('textarea', 'first line\n<i>second</i> line');
    await page.selectOption('select[name=ttl]', '600');
    await page.selectOption('select[name=syntax]', 'markdown');
    expect(await send()).toBe(201);
    const link = (await page.getAttribute('.link-text a', 'href')) ?? '';
    expect(await rawOf(link)).toBe('first line\n<i>second</i> line');
    const expiry = Date.parse((await page.getAttribute('time', 'datetime')) ?? '');
    expect(Math.abs(expiry - Date.now() - 600_000)).toBeLessThan(60_000);
    const line = (await page.locator('pre.line').textContent()) ?? '';
    await page.click('.link-text a');
    await page.waitForURL(link);
    expect(await page.locator('pre').first().textContent()).toContain('<i>second</i> line');
    const [, token = ''] = /^curl -X DELETE -H 'X-Delete-Token: (\S+)' (\S+)$/.exec(line) ?? [];
    const { status } = await fetch(line.split(' ').at(-1) ?? '', {
      method: 'DELETE',
      headers: { 'X-Delete-Token': token },
    });
    expect(status).toBe(204);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shares a file that is read once', async () => {
    const { page, context, send } = await visit();
    await page.setInputFiles('input[type=file]', fileOf('plain.txt', 'from a file\r\n'));
    await page.selectOption('select[name=max_reads]', '1');
    expect(await send()).toBe(201);
    expect(await page.locator('.result').textContent()).toMatch(/plain\.txt.*after 1 read/s);
    const link = (await page.getAttribute('.link-text a', 'href')) ?? '';
    expect(await rawOf(link)).toBe('from a file\r\n');
    expect((await fetch(`${mayfly.url}/raw/${idIn(link)}`)).status).toBe(404);
    await context.close();
  });

  test('shows errors on a page with the matching status', async () => {
    const { page, context, send } = await visit();
    expect(await send()).toBe(400);
    expect(await page.locator('main').textContent()).toContain('no text and no file');
    await page.goto(mayfly.url);
    await page.fill('textarea', 'both');
    await page.setInputFiles('input[type=file]', fileOf('both.txt', 'both'));
    expect(await send()).toBe(400);
    await page.goto(mayfly.url);
    await page.fill('textarea', 'x'.repeat(1025));
    expect(await send()).toBe(413);
    expect(await page.locator('main').textContent()).toContain('larger than this server allows');
    await page.goto(mayfly.url);
    await page.setInputFiles('input[type=file]', fileOf('large.bin', 'x'.repeat(5000)));
    expect(await send()).toBe(413);
    await context.close();
  });

  test('has no axe violations, and neither has the response', async () => {
    const { page, context } = await openPage({ colorScheme: 'dark', viewport: { width: 360, height: 700 } });
    // axe needs scripts, but those of the page must not run.
    await page.route('**/assets/*.js', (route) => route.abort());
    await page.goto(mayfly.url);
    expect(await violations(page)).toEqual([]);
    await page.fill('textarea', 'axe');
    await page.click('button.share');
    await page.waitForSelector('.link-text');
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await context.close();
  });

  test('adds the paste to the list if scripts run, except if another site sent the form', async () => {
    const { page, context } = await openPage();
    const kept = () => page.evaluate(() => localStorage.getItem('mayfly.pastes'));
    const form = `<form method="post" enctype="multipart/form-data" action="${mayfly.url}/">
      <textarea name="text"></textarea><button class="share">Win</button></form>`;
    for (const origin of ['http://elsewhere.example', 'http://127.0.0.1:1']) {
      await page.route(`${origin}/`, (route) => route.fulfill({ contentType: 'text/html', body: form }));
      await page.goto(`${origin}/`);
      await page.fill('textarea', 'not mine');
      await page.click('button.share');
      await page.waitForSelector('.sharing button');
      expect(await rawOf((await page.getAttribute('.link-text a', 'href')) ?? '')).toBe('not mine');
      expect(await kept()).toBeNull();
    }
    await page.route('**/assets/*.js', (route) => route.abort());
    await page.goto(mayfly.url);
    await page.unroute('**/assets/*.js');
    await page.fill('textarea', 'mine');
    await page.click('button.share');
    await page.waitForSelector('.sharing button');
    expect(JSON.parse((await kept()) ?? '')).toMatchObject([{ size: 4, sealed: false }]);
    await context.close();
  });
});
