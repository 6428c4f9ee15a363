import { afterAll, beforeAll, expect, test } from 'bun:test';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { fileOf, idIn, openComposePage } from './compose-page.ts';

await suiteWith(['chromium'], 'sharing a text on the page', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly({ env: { MAX_ANONYMOUS_SIZE: '2000', MAX_PAYLOAD_SIZE: '2000' } });
  });
  afterAll(() => mayfly.stop());

  test('gives a link that another visitor can open, until its owner deletes it', async () => {
    const { page, context, conduct, links } = await openComposePage(mayfly.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.fill('#text', 'Grüße: <b>keep</b> & "carry"\n');
    await page.selectOption('select[name=ttl]', '3600');
    await page.selectOption('select[name=max_reads]', '5');
    await page.selectOption('select[name=syntax]', 'markdown');
    await page.click('button.share');
    const [link = ''] = await links(1);
    expect(link).toStartWith(`${mayfly.url}/p/`);
    // The link has the focus, and is selected.
    await page.waitForSelector('input.link:focus');
    expect(await page.evaluate(() => getSelection()?.toString())).toBe(link);
    expect(await page.locator('.result .hint').first().textContent()).toContain('after 5 reads');

    await page.click('.link-line button');
    await page.waitForSelector('.link-line button:has-text("Copied")');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
    await page.click('button:has-text("QR code")');
    await page.waitForSelector('svg.qr path');
    await page.click('summary');
    const command = await page.locator('pre.line').textContent();
    expect(command).toBe(
      `curl --data-binary @- -H 'Content-Type: text/markdown' -H 'X-TTL: 1h' -H 'X-Max-Reads: 5' ${mayfly.url}/`,
    );
    expect(await violations(page)).toEqual([]);

    const [kept] = await page.evaluate(() => JSON.parse(localStorage.getItem('mayfly.pastes') ?? '[]'));
    expect(kept).toMatchObject({ id: idIn(link), url: link, name: null, type: 'text/markdown', size: 31 });
    expect(kept).toMatchObject({
      maxReads: 5,
      sealed: false,
      deleteToken: expect.stringMatching(/^\S{20,}$/),
    });
    expect(Math.abs(kept.expiresAt - Date.now() - 3_600_000)).toBeLessThan(60_000);

    const other = await openPage();
    await other.page.goto(link);
    expect(other.page.url()).toBe(link);
    const raw = await fetch(`${mayfly.url}/raw/${idIn(link)}`);
    expect(await raw.text()).toBe('Grüße: <b>keep</b> & "carry"\n');
    await page.click('button.danger');
    await page.click('.question button.danger');
    await page.waitForSelector('.result [role=status]');
    const answer = await other.page.goto(link);
    expect(answer?.status()).toBe(404);
    expect(await page.evaluate(() => localStorage.getItem('mayfly.pastes'))).toBe('[]');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await other.context.close();
    await context.close();
  });

  test('works by the keyboard alone, in dark and on a phone', async () => {
    const { page, context, conduct, links } = await openComposePage(mayfly.url, {
      colorScheme: 'dark',
      viewport: { width: 360, height: 700 },
    });
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    const focus = () => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 80) ?? '');
    await page.keyboard.press('t');
    expect(await focus()).toContain('id="text"');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.problem');
    // In a field it is an ordinary character.
    await page.keyboard.type('what?');
    expect(await page.locator('dialog').count()).toBe(0);
    for (let presses = 0; !(await focus()).includes('shortcuts-open'); presses += 1) {
      expect(presses).toBeLessThan(20);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    expect(await page.locator('dialog').textContent()).toContain('Ctrl');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(await fits()).toBe(true);
    await page.keyboard.press('Control+Enter');
    const [link = ''] = await links(1);
    await page.waitForSelector('input.link:focus');
    expect(await page.inputValue('input.link')).toBe(link);
    expect(await fits()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('n');
    await page.waitForFunction(() => document.activeElement?.id === 'text');
    expect(await page.inputValue('#text')).toBe('');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shows errors in place and loses nothing: too large before a byte is sent, other errors from the server', async () => {
    const { page, context, conduct, links } = await openComposePage(mayfly.url);
    const sent: string[] = [];
    page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
    await page.fill('#text', 'x'.repeat(2001));
    await page.click('button.share');
    expect(await page.locator('.problem').textContent()).toContain('2 KiB');
    await page.selectOption('select[name=max_reads]', 'other');
    await page.fill('input.reads', '0');
    await page.fill('#text', 'short');
    await page.click('button.share');
    await page.waitForSelector('.problem:has-text("number of reads")');
    expect(await violations(page)).toEqual([]);
    expect(sent).toEqual([]);
    await page.fill('input.reads', '3');
    // Responses that a real server does not give on demand: no room, and then too many calls.
    const answers = [
      { status: 507, body: '{"error":"No room"}' },
      { status: 429, headers: { 'Retry-After': '2' }, body: '{"error":"Too many requests"}' },
    ];
    await page.route('**/*', (route) => {
      const answer = route.request().method() === 'PUT' ? answers.shift() : undefined;
      return answer ? route.fulfill({ contentType: 'application/json', ...answer }) : route.continue();
    });
    await page.click('button.share');
    await page.waitForSelector('.upload .problem:has-text("no storage left")');
    expect(await violations(page)).toEqual([]);
    await page.click('button:has-text("Back to the form")');
    expect(await page.inputValue('#text')).toBe('short');
    await page.click('button.share');
    await page.waitForSelector('.notice-line:has-text("busy")');
    expect(await links(1)).toHaveLength(1);
    expect(conduct.elsewhere).toEqual([]);
    await context.close();
  });

  test('waits for a server that is not reachable, and resumes by itself', async () => {
    const own = await startMayfly();
    const { page, context, links } = await openComposePage(own.url);
    await page.fill('#text', 'patience');
    await own.stop();
    await page.click('button.share');
    await page.waitForSelector('.notice-line:has-text("No connection")');
    const again = await startMayfly({ dataDir: own.dataDir, env: { PORT: String(own.port) } });
    const [link] = await links(1);
    expect(await (await fetch(`${own.url}/raw/${idIn(link)}`)).text()).toBe('patience');
    await context.close();
    await again.stop();
  });

  test('keeps what was typed and chosen before its scripts were loaded', async () => {
    const { page, context } = await openPage();
    let release = () => {};
    const typed = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/assets/*.js', (route) => typed.then(() => route.continue()));
    await page.goto(mayfly.url, { waitUntil: 'commit' });
    await page.fill('#text', 'early');
    await page.selectOption('select[name=ttl]', '600');
    await page.setInputFiles('input[name=file]', fileOf('early.txt', 'a file'));
    release();
    await page.waitForSelector('.add-files');
    await page.click('button.share');
    await page.waitForFunction(() => document.querySelectorAll('input.link').length === 2);
    const kept = await page.evaluate(() => JSON.parse(localStorage.getItem('mayfly.pastes') ?? '[]'));
    expect(kept.map(({ size }: { size: number }) => size).toSorted()).toEqual([5, 6]);
    for (const { createdAt, expiresAt } of kept) expect(expiresAt - createdAt).toBeLessThan(601_000);
    await context.close();
  });

  test('loads at most 100 kB at first', async () => {
    const { page, context } = await openPage();
    let received = 0;
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    session.on('Network.loadingFinished', ({ encodedDataLength }) => {
      received += encodedDataLength;
    });
    await page.goto(mayfly.url, { waitUntil: 'networkidle' });
    await waitFor('the page', async () => received > 5000);
    expect(received).toBeLessThan(100_000);
    await context.close();
  });
});
