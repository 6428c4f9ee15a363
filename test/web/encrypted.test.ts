import { afterAll, beforeAll, expect, test } from 'bun:test';
import { unseal } from '../../src/encryption/index.ts';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { suiteWith } from '../support/suite-with.ts';
import { fileOf, idIn, openComposePage } from './compose-page.ts';

const mebibyte = 1024 * 1024;
const secretIn = (link: string) => new URL(link).hash.slice(1);

await suiteWith(['chromium'], 'content that is encrypted in the page', () => {
  let mayfly: MayflyProcess;
  let proxy: TestProxy;
  beforeAll(async () => {
    mayfly = await startMayfly();
    proxy = await startProxy({ target: mayfly.port, records: true });
  });
  afterAll(async () => {
    proxy.stop();
    await mayfly.stop();
  });

  const stored = async (link: string, password?: string) => {
    const { body, headers } = await fetch(`${mayfly.url}/raw/${idIn(link)}`);
    expect(headers.get('content-type')).toBe('application/vnd.mayfly.sealed');
    if (body === null) throw new Error('there is no content');
    const { metadata, stream } = await unseal(body, secretIn(link), { password });
    return { metadata, content: Buffer.from(await new Response(stream).arrayBuffer()) };
  };

  test('reaches the server without its content, its name, its type and its key, small or large', async () => {
    const { page, context, conduct, add, links } = await openComposePage(proxy.url);
    const marked = Buffer.alloc(10 * mebibyte, 'unmistakable content ');
    await page.check('.encryption input');
    await page.fill('#text', 'a secret worth keeping');
    await page.selectOption('select[name=syntax]', 'python');
    await add(fileOf('telling-name.sql', 'select unmistakable'), fileOf('telling-large.iso', marked));
    expect(await violations(page)).toEqual([]);
    await page.click('button.share');
    const made = await links(3);
    const [text = '', small = '', large = ''] = made;
    expect(await stored(text)).toEqual({
      metadata: { name: null, type: 'text/x-python' },
      content: Buffer.from('a secret worth keeping'),
    });
    expect((await stored(small)).metadata.name).toBe('telling-name.sql');
    const opened = await stored(large);
    expect(opened.metadata.name).toBe('telling-large.iso');
    expect(opened.content.equals(marked)).toBe(true);
    // The shell command encrypts too.
    await page.locator('summary').first().click();
    expect(await page.locator('pre.line').first().textContent()).toBe(
      `MAYFLY_URL=${mayfly.url} mayfly put --encrypt --ttl 7d -`,
    );

    const sent = proxy.recorded();
    expect(sent.length).toBeGreaterThan(marked.length);
    const eventsAbout = ['worth keeping', 'unmistakable', 'telling', 'python', ...made.map(secretIn)];
    expect(eventsAbout.filter((word) => word === '' || sent.includes(word))).toEqual([]);
    const kept = await page.evaluate(() => JSON.parse(localStorage.getItem('mayfly.pastes') ?? '[]'));
    expect(kept.every(({ sealed }: { sealed: boolean }) => sealed)).toBe(true);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('needs its password if it has one, which is not sent either', async () => {
    const { page, context, conduct, links } = await openComposePage(proxy.url);
    await page.check('.encryption input');
    await page.fill('.password input', 'Pässwort 123');
    expect(await page.getAttribute('.password input', 'type')).toBe('password');
    await page.click('button[aria-label="Show the password"]');
    expect(await page.getAttribute('.password input', 'type')).toBe('text');
    expect(await page.inputValue('.password input')).toBe('Pässwort 123');
    await page.fill('#text', 'behind a password');
    await page.keyboard.press('Control+Enter');
    const [link = ''] = await links(1);
    expect((await stored(link, 'Pässwort 123')).content.toString()).toBe('behind a password');
    await expect(stored(link)).rejects.toMatchObject({ code: 'password_needed' });
    await expect(stored(link, 'wrong')).rejects.toMatchObject({ code: 'wrong_key' });
    const sent = proxy.recorded();
    expect(['Pässwort', 'behind a', secretIn(link)].filter((word) => sent.includes(word))).toEqual([]);
    await page.click('button:has-text("Share another")');
    // The terms stay, except the password.
    expect(await page.isChecked('.encryption input')).toBe(true);
    expect(await page.inputValue('.password input')).toBe('');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('opens in the browser of another visitor with only the link', async () => {
    const { page, context, links } = await openComposePage(proxy.url);
    await page.check('.encryption input');
    await page.fill('#text', 'for your eyes');
    await page.click('button.share');
    const [link = ''] = await links(1);
    const other = await openPage();
    await other.page.goto(link);
    await other.page.waitForSelector('main:has-text("for your eyes")');
    expect(other.conduct).toEqual({ errors: [], elsewhere: [] });
    await other.context.close();
    await context.close();
  });
});
